//! The opcodes of protocols 0 to 5: names, codes, and how their operands lie in the stream.
//!
//! Comes in: nothing. Goes out: [`OPCODES`] by code, [`kind_of`] for the decoder, constants for the machine.
//! Source: CPython 3.14 `Modules/_pickle.c`; a test compares the table with `pickletools`.

/// How an operand lies in the stream. Numbers are little-endian unless said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// No such opcode.
    Invalid,
    /// No operand.
    Nothing,
    /// An unsigned byte.
    U1,
    /// Two bytes, unsigned.
    U2,
    /// Four bytes, unsigned.
    U4,
    /// Four bytes, signed.
    I4,
    /// Eight bytes, unsigned.
    U8,
    /// A float in eight bytes, big-endian.
    F8,
    /// A one-byte length and that many bytes of an integer.
    Long1,
    /// A four-byte signed length and that many bytes of an integer.
    Long4,
    /// A one-byte length and that many bytes.
    Counted1,
    /// A four-byte length and that many bytes.
    Counted4,
    /// The same; `pickletools` takes the length for signed.
    CountedSigned4,
    /// An eight-byte length and that many bytes.
    Counted8,
    /// Text up to a newline.
    Line,
    /// Two of them.
    TwoLines,
}

/// One opcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opcode {
    /// Its byte.
    pub(super) code: u8,
    /// CPython's name for it.
    pub(super) name: &'static str,
    /// The protocol that brought it.
    pub(super) protocol: u8,
    /// Its operand.
    pub(super) kind: Kind,
}

const fn op(code: u8, name: &'static str, protocol: u8, kind: Kind) -> Opcode {
    Opcode { code, name, protocol, kind }
}

pub(super) const MARK: u8 = 0x28;
pub(super) const EMPTY_TUPLE: u8 = 0x29;
pub(super) const STOP: u8 = 0x2e;
pub(super) const POP: u8 = 0x30;
pub(super) const POP_MARK: u8 = 0x31;
pub(super) const DUP: u8 = 0x32;
pub(super) const BINBYTES: u8 = 0x42;
pub(super) const SHORT_BINBYTES: u8 = 0x43;
pub(super) const FLOAT: u8 = 0x46;
pub(super) const BINFLOAT: u8 = 0x47;
pub(super) const INT: u8 = 0x49;
pub(super) const BININT: u8 = 0x4a;
pub(super) const BININT1: u8 = 0x4b;
pub(super) const LONG: u8 = 0x4c;
pub(super) const BININT2: u8 = 0x4d;
pub(super) const NONE: u8 = 0x4e;
pub(super) const PERSID: u8 = 0x50;
pub(super) const BINPERSID: u8 = 0x51;
pub(super) const REDUCE: u8 = 0x52;
pub(super) const STRING: u8 = 0x53;
pub(super) const BINSTRING: u8 = 0x54;
pub(super) const SHORT_BINSTRING: u8 = 0x55;
pub(super) const UNICODE: u8 = 0x56;
pub(super) const BINUNICODE: u8 = 0x58;
pub(super) const EMPTY_LIST: u8 = 0x5d;
pub(super) const APPEND: u8 = 0x61;
pub(super) const BUILD: u8 = 0x62;
pub(super) const GLOBAL: u8 = 0x63;
pub(super) const DICT: u8 = 0x64;
pub(super) const APPENDS: u8 = 0x65;
pub(super) const GET: u8 = 0x67;
pub(super) const BINGET: u8 = 0x68;
pub(super) const INST: u8 = 0x69;
pub(super) const LONG_BINGET: u8 = 0x6a;
pub(super) const LIST: u8 = 0x6c;
pub(super) const OBJ: u8 = 0x6f;
pub(super) const PUT: u8 = 0x70;
pub(super) const BINPUT: u8 = 0x71;
pub(super) const LONG_BINPUT: u8 = 0x72;
pub(super) const SETITEM: u8 = 0x73;
pub(super) const TUPLE: u8 = 0x74;
pub(super) const SETITEMS: u8 = 0x75;
pub(super) const EMPTY_DICT: u8 = 0x7d;
pub(super) const PROTO: u8 = 0x80;
pub(super) const NEWOBJ: u8 = 0x81;
pub(super) const EXT1: u8 = 0x82;
pub(super) const EXT2: u8 = 0x83;
pub(super) const EXT4: u8 = 0x84;
pub(super) const TUPLE1: u8 = 0x85;
pub(super) const TUPLE2: u8 = 0x86;
pub(super) const TUPLE3: u8 = 0x87;
pub(super) const NEWTRUE: u8 = 0x88;
pub(super) const NEWFALSE: u8 = 0x89;
pub(super) const LONG1: u8 = 0x8a;
pub(super) const LONG4: u8 = 0x8b;
pub(super) const SHORT_BINUNICODE: u8 = 0x8c;
pub(super) const BINUNICODE8: u8 = 0x8d;
pub(super) const BINBYTES8: u8 = 0x8e;
pub(super) const EMPTY_SET: u8 = 0x8f;
pub(super) const ADDITEMS: u8 = 0x90;
pub(super) const FROZENSET: u8 = 0x91;
pub(super) const NEWOBJ_EX: u8 = 0x92;
pub(super) const STACK_GLOBAL: u8 = 0x93;
pub(super) const MEMOIZE: u8 = 0x94;
pub(super) const FRAME: u8 = 0x95;
pub(super) const BYTEARRAY8: u8 = 0x96;
pub(super) const NEXT_BUFFER: u8 = 0x97;
pub(super) const READONLY_BUFFER: u8 = 0x98;

/// Every opcode, by code.
pub(super) const OPCODES: [Opcode; 68] = [
    op(MARK, "MARK", 0, Kind::Nothing),
    op(EMPTY_TUPLE, "EMPTY_TUPLE", 1, Kind::Nothing),
    op(STOP, "STOP", 0, Kind::Nothing),
    op(POP, "POP", 0, Kind::Nothing),
    op(POP_MARK, "POP_MARK", 1, Kind::Nothing),
    op(DUP, "DUP", 0, Kind::Nothing),
    op(BINBYTES, "BINBYTES", 3, Kind::Counted4),
    op(SHORT_BINBYTES, "SHORT_BINBYTES", 3, Kind::Counted1),
    op(FLOAT, "FLOAT", 0, Kind::Line),
    op(BINFLOAT, "BINFLOAT", 1, Kind::F8),
    op(INT, "INT", 0, Kind::Line),
    op(BININT, "BININT", 1, Kind::I4),
    op(BININT1, "BININT1", 1, Kind::U1),
    op(LONG, "LONG", 0, Kind::Line),
    op(BININT2, "BININT2", 1, Kind::U2),
    op(NONE, "NONE", 0, Kind::Nothing),
    op(PERSID, "PERSID", 0, Kind::Line),
    op(BINPERSID, "BINPERSID", 1, Kind::Nothing),
    op(REDUCE, "REDUCE", 0, Kind::Nothing),
    op(STRING, "STRING", 0, Kind::Line),
    op(BINSTRING, "BINSTRING", 1, Kind::CountedSigned4),
    op(SHORT_BINSTRING, "SHORT_BINSTRING", 1, Kind::Counted1),
    op(UNICODE, "UNICODE", 0, Kind::Line),
    op(BINUNICODE, "BINUNICODE", 1, Kind::Counted4),
    op(EMPTY_LIST, "EMPTY_LIST", 1, Kind::Nothing),
    op(APPEND, "APPEND", 0, Kind::Nothing),
    op(BUILD, "BUILD", 0, Kind::Nothing),
    op(GLOBAL, "GLOBAL", 0, Kind::TwoLines),
    op(DICT, "DICT", 0, Kind::Nothing),
    op(APPENDS, "APPENDS", 1, Kind::Nothing),
    op(GET, "GET", 0, Kind::Line),
    op(BINGET, "BINGET", 1, Kind::U1),
    op(INST, "INST", 0, Kind::TwoLines),
    op(LONG_BINGET, "LONG_BINGET", 1, Kind::U4),
    op(LIST, "LIST", 0, Kind::Nothing),
    op(OBJ, "OBJ", 1, Kind::Nothing),
    op(PUT, "PUT", 0, Kind::Line),
    op(BINPUT, "BINPUT", 1, Kind::U1),
    op(LONG_BINPUT, "LONG_BINPUT", 1, Kind::U4),
    op(SETITEM, "SETITEM", 0, Kind::Nothing),
    op(TUPLE, "TUPLE", 0, Kind::Nothing),
    op(SETITEMS, "SETITEMS", 1, Kind::Nothing),
    op(EMPTY_DICT, "EMPTY_DICT", 1, Kind::Nothing),
    op(PROTO, "PROTO", 2, Kind::U1),
    op(NEWOBJ, "NEWOBJ", 2, Kind::Nothing),
    op(EXT1, "EXT1", 2, Kind::U1),
    op(EXT2, "EXT2", 2, Kind::U2),
    op(EXT4, "EXT4", 2, Kind::I4),
    op(TUPLE1, "TUPLE1", 2, Kind::Nothing),
    op(TUPLE2, "TUPLE2", 2, Kind::Nothing),
    op(TUPLE3, "TUPLE3", 2, Kind::Nothing),
    op(NEWTRUE, "NEWTRUE", 2, Kind::Nothing),
    op(NEWFALSE, "NEWFALSE", 2, Kind::Nothing),
    op(LONG1, "LONG1", 2, Kind::Long1),
    op(LONG4, "LONG4", 2, Kind::Long4),
    op(SHORT_BINUNICODE, "SHORT_BINUNICODE", 4, Kind::Counted1),
    op(BINUNICODE8, "BINUNICODE8", 4, Kind::Counted8),
    op(BINBYTES8, "BINBYTES8", 4, Kind::Counted8),
    op(EMPTY_SET, "EMPTY_SET", 4, Kind::Nothing),
    op(ADDITEMS, "ADDITEMS", 4, Kind::Nothing),
    op(FROZENSET, "FROZENSET", 4, Kind::Nothing),
    op(NEWOBJ_EX, "NEWOBJ_EX", 4, Kind::Nothing),
    op(STACK_GLOBAL, "STACK_GLOBAL", 4, Kind::Nothing),
    op(MEMOIZE, "MEMOIZE", 4, Kind::Nothing),
    op(FRAME, "FRAME", 4, Kind::U8),
    op(BYTEARRAY8, "BYTEARRAY8", 5, Kind::Counted8),
    op(NEXT_BUFFER, "NEXT_BUFFER", 5, Kind::Nothing),
    op(READONLY_BUFFER, "READONLY_BUFFER", 5, Kind::Nothing),
];

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Invalid; 256];
    let mut index = 0;
    while index < OPCODES.len() {
        kinds[OPCODES[index].code as usize] = OPCODES[index].kind;
        index += 1;
    }
    kinds
};

/// How the operand of this opcode lies; [`Kind::Invalid`] if there is none such.
pub(super) fn kind_of(code: u8) -> Kind {
    KINDS[usize::from(code)]
}

/// The opcode with this code.
pub(super) fn opcode(code: u8) -> Option<&'static Opcode> {
    let index = OPCODES.binary_search_by_key(&code, |opcode| opcode.code).ok()?;
    Some(&OPCODES[index])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opcode_is_found_by_its_code() {
        for entry in &OPCODES {
            assert_eq!((opcode(entry.code), kind_of(entry.code)), (Some(entry), entry.kind), "{}", entry.name);
        }
        assert_eq!((opcode(b'?'), kind_of(b'?')), (None, Kind::Invalid));
    }
}
