//! The names Python gives to text encodings, and the tables that decode them.

use encoding_rs::Encoding;

/// How declared bytes become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Utf8,
    Ascii,
    Latin1,
    Table(&'static Encoding),
}

impl Codec {
    /// The codec a cookie names, in any spelling Python accepts; none for what Python does not know and for what we
    /// refuse on purpose: codecs in which ASCII bytes mean other text (utf-7, utf-16, hz, iso-2022, EBCDIC pages,
    /// the escape codecs) and single-byte pages that encoding_rs does not have (cp437, cp850, mac-greek and so on).
    ///
    /// Source: CPython 3.13 Parser/tokenizer/helpers.c (`get_normal_name`), Lib/encodings/__init__.py and aliases.py.
    pub(super) fn named(cookie: &str) -> Option<Self> {
        match tokenizer_name(cookie).as_str() {
            "utf-8" => return Some(Self::Utf8),
            "iso-8859-1" => return Some(Self::Latin1),
            _ => {}
        }
        let name = registry_name(cookie);
        let has = |names: &str| names.split(' ').any(|known| known == name || known == name.replace('.', "_"));
        if has(UTF_8) {
            return Some(Self::Utf8);
        }
        if has(ASCII) {
            return Some(Self::Ascii);
        }
        if has(LATIN_1) {
            return Some(Self::Latin1);
        }
        TABLES.iter().find(|(_, names)| has(names)).map(|&(encoding, _)| Self::Table(encoding))
    }
}

/// The name as CPython's tokenizer sees it: `utf-8-unix` and `latin_1` become `utf-8` and `iso-8859-1`.
pub(super) fn tokenizer_name(cookie: &str) -> String {
    let start: String = cookie.chars().take(12).map(|c| if c == '_' { '-' } else { c.to_ascii_lowercase() }).collect();
    let is = |name: &str| start.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    if is("utf-8") {
        "utf-8".into()
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1".into()
    } else {
        cookie.into()
    }
}

/// The name as the registry looks it up: lower case, every run of other characters one `_`, none at either end.
fn registry_name(cookie: &str) -> String {
    let mut name = String::with_capacity(cookie.len());
    let mut gap = false;
    for c in cookie.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            if gap && !name.is_empty() {
                name.push('_');
            }
            gap = false;
            name.push(c.to_ascii_lowercase());
        } else {
            gap = true;
        }
    }
    name
}

const UTF_8: &str = "utf_8 cp65001 u8 utf utf8 utf8_ucs2 utf8_ucs4";
const ASCII: &str = "ascii 646 ansi_x3.4_1968 ansi_x3.4_1986 ansi_x3_4_1968 ansi_x3_4_1986 cp367 csascii ibm367 \
                     iso646_us iso_646.irv_1991 iso_646_irv_1991 iso_ir_6 us us_ascii";
const LATIN_1: &str = "latin_1 8859 cp819 csisolatin1 ibm819 iso8859 iso8859_1 iso_8859_1 iso_8859_1_1987 iso_ir_100 \
                       l1 latin latin1";

/// Python's codecs, each with its aliases, by the table that decodes it.
///
/// All 128 ASCII bytes mean themselves in each, and every pair of bytes that both Python 3.13 and the table accept was
/// compared: the texts differ in some symbols and C1 controls, never in an ASCII character, so no code can hide there.
const TABLES: &[(&Encoding, &str)] = &[
    (encoding_rs::BIG5, "big5 big5_tw csbig5 x_mac_trad_chinese big5hkscs big5_hkscs hkscs cp950 950 ms950"),
    (encoding_rs::EUC_JP, "euc_jp eucjp u_jis ujis"),
    (
        encoding_rs::EUC_KR,
        "euc_kr euckr korean ks_c_5601 ks_c_5601_1987 ks_x_1001 ksc5601 ksx1001 x_mac_korean cp949 949 ms949 uhc",
    ),
    (encoding_rs::GB18030, "gb18030 gb18030_2000"),
    (
        encoding_rs::GBK,
        "gbk 936 cp936 ms936 gb2312 chinese csiso58gb231280 euc_cn euccn eucgb2312_cn gb2312_1980 gb2312_80 iso_ir_58 \
         x_mac_simp_chinese",
    ),
    (encoding_rs::IBM866, "cp866 866 csibm866 ibm866"),
    (encoding_rs::ISO_8859_2, "iso8859_2 csisolatin2 iso_8859_2 iso_8859_2_1987 iso_ir_101 l2 latin2"),
    (encoding_rs::ISO_8859_3, "iso8859_3 csisolatin3 iso_8859_3 iso_8859_3_1988 iso_ir_109 l3 latin3"),
    (encoding_rs::ISO_8859_4, "iso8859_4 csisolatin4 iso_8859_4 iso_8859_4_1988 iso_ir_110 l4 latin4"),
    (encoding_rs::ISO_8859_5, "iso8859_5 csisolatincyrillic cyrillic iso_8859_5 iso_8859_5_1988 iso_ir_144"),
    (
        encoding_rs::ISO_8859_6,
        "iso8859_6 arabic asmo_708 csisolatinarabic ecma_114 iso_8859_6 iso_8859_6_1987 iso_ir_127",
    ),
    (
        encoding_rs::ISO_8859_7,
        "iso8859_7 csisolatingreek ecma_118 elot_928 greek greek8 iso_8859_7 iso_8859_7_1987 iso_ir_126",
    ),
    (encoding_rs::ISO_8859_8, "iso8859_8 csisolatinhebrew hebrew iso_8859_8 iso_8859_8_1988 iso_ir_138"),
    (encoding_rs::ISO_8859_10, "iso8859_10 csisolatin6 iso_8859_10 iso_8859_10_1992 iso_ir_157 l6 latin6"),
    (encoding_rs::ISO_8859_13, "iso8859_13 iso_8859_13 l7 latin7"),
    (encoding_rs::ISO_8859_14, "iso8859_14 iso_8859_14 iso_8859_14_1998 iso_celtic iso_ir_199 l8 latin8"),
    (encoding_rs::ISO_8859_15, "iso8859_15 iso_8859_15 l9 latin9"),
    (encoding_rs::ISO_8859_16, "iso8859_16 iso_8859_16 iso_8859_16_2001 iso_ir_226 l10 latin10"),
    (encoding_rs::KOI8_R, "koi8_r cskoi8r"),
    (encoding_rs::KOI8_U, "koi8_u"),
    (encoding_rs::MACINTOSH, "mac_roman macintosh macroman"),
    (
        encoding_rs::SHIFT_JIS,
        "shift_jis csshiftjis s_jis shiftjis sjis x_mac_japanese cp932 932 ms932 ms_kanji mskanji windows_31j",
    ),
    (encoding_rs::WINDOWS_1250, "cp1250 1250 windows_1250"),
    (encoding_rs::WINDOWS_1251, "cp1251 1251 windows_1251"),
    (encoding_rs::WINDOWS_1252, "cp1252 1252 windows_1252"),
    (encoding_rs::WINDOWS_1253, "cp1253 1253 windows_1253"),
    (
        encoding_rs::WINDOWS_1254,
        "cp1254 1254 windows_1254 iso8859_9 csisolatin5 iso_8859_9 iso_8859_9_1989 iso_ir_148 l5 latin5",
    ),
    (encoding_rs::WINDOWS_1255, "cp1255 1255 windows_1255"),
    (encoding_rs::WINDOWS_1256, "cp1256 1256 windows_1256"),
    (encoding_rs::WINDOWS_1257, "cp1257 1257 windows_1257"),
    (encoding_rs::WINDOWS_1258, "cp1258 1258 windows_1258"),
    (
        encoding_rs::WINDOWS_874,
        "cp874 iso8859_11 iso_8859_11 iso_8859_11_2001 thai tis_620 iso_ir_166 tis620 tis_620_0 tis_620_2529_0 \
         tis_620_2529_1",
    ),
    (encoding_rs::X_MAC_CYRILLIC, "mac_cyrillic maccyrillic"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_are_folded_as_python_folds_them() {
        for name in ["utf-8", "UTF8", "utf_8", "u8", "utf-8-sig", "utf-8-unix"] {
            assert_eq!(Codec::named(name), Some(Codec::Utf8), "{name}");
        }
        for name in ["latin-1", "Latin_1", "L1", "iso-8859-1", "ISO8859-1", "iso-latin-1-unix"] {
            assert_eq!(Codec::named(name), Some(Codec::Latin1), "{name}");
        }
        for name in ["windows-1252", "windows.1252", "windows--1252", "-cp1252-", "1252"] {
            assert_eq!(Codec::named(name), Some(Codec::Table(encoding_rs::WINDOWS_1252)), "{name}");
        }
    }

    #[test]
    fn what_python_refuses_or_reads_in_its_own_way_has_no_codec() {
        for name in ["utf-7", "rot13", "unicode_escape", "raw_unicode_escape", "utf-16", "cp037", "hz", "iso2022_jp"] {
            assert_eq!(Codec::named(name), None, "{name}");
        }
        for name in ["utf8-unix", "nope", ".cp1252.", "-", "idna", "punycode", "mbcs"] {
            assert_eq!(Codec::named(name), None, "{name}");
        }
    }

    #[test]
    fn every_table_keeps_ascii() {
        let ascii: Vec<u8> = (0..128).collect();
        for (encoding, _) in TABLES {
            let text = encoding.decode_without_bom_handling_and_without_replacement(&ascii);
            assert_eq!(text.as_deref().map(str::as_bytes), Some(ascii.as_slice()), "{}", encoding.name());
        }
    }
}
