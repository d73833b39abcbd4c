//! The ids and names Bandit 1.9 knows. A `# nosec` with none of them (and none of ours) excuses everything.

use std::ops::RangeInclusive;

/// Ids, as ranges of their numbers.
const IDS: [RangeInclusive<u16>; 15] = [
    1..=1,
    101..=108,
    110..=110,
    112..=113,
    201..=202,
    301..=308,
    310..=319,
    321..=321,
    323..=324,
    401..=409,
    411..=413,
    415..=415,
    501..=509,
    601..=615,
    701..=704,
];

/// Names of the tests whose ids some rule of ours has as alias.
const NAMES: [(&str, &str); 5] = [
    ("pickle", "B301"),
    ("marshal", "B302"),
    ("yaml_load", "B506"),
    ("pytorch_load", "B614"),
    ("huggingface_unsafe_download", "B615"),
];

/// Names of the other tests.
const OTHER_NAMES: &str = " any_other_function_with_shell_equals_true assert_used django_extra_used django_mark_safe \
    django_rawsql_used exec_used flask_debug_true hardcoded_bind_all_interfaces hardcoded_password_default \
    hardcoded_password_funcarg hardcoded_password_string hardcoded_sql_expressions hardcoded_tmp_directory \
    hashlib_insecure_functions jinja2_autoescape_false linux_commands_wildcard_injection \
    logging_config_insecure_listen markupsafe_markup_xss paramiko_calls request_with_no_cert_validation \
    request_without_timeout set_bad_file_permissions snmp_insecure_version snmp_weak_cryptography \
    ssh_no_host_key_verification ssl_with_bad_defaults ssl_with_bad_version ssl_with_no_version \
    start_process_with_a_shell start_process_with_no_shell start_process_with_partial_path \
    subprocess_popen_with_shell_equals_true subprocess_without_shell_equals_true tarfile_unsafe_members trojansource \
    try_except_continue try_except_pass use_of_mako_templates weak_cryptographic_key md5 ciphers cipher_modes mktemp_q \
    eval mark_safe urllib_urlopen random telnetlib xml_bad_cElementTree xml_bad_ElementTree xml_bad_expatreader \
    xml_bad_expatbuilder xml_bad_sax xml_bad_minidom xml_bad_pulldom ftplib unverified_context import_telnetlib \
    import_ftplib import_pickle import_subprocess import_xml_etree import_xml_sax import_xml_expat import_xml_minidom \
    import_xml_pulldom import_xmlrpclib import_httpoxy import_pycrypto import_pyghmi ";

/// The id a word of a comment means to Bandit: an id (case matters) or the name of a test.
pub(super) fn bandit_id(word: &str) -> Option<&str> {
    let number = word.strip_prefix('B').filter(|digits| digits.len() == 3).and_then(|digits| digits.parse().ok());
    if number.is_some_and(|number: u16| IDS.iter().any(|range| range.contains(&number))) {
        return Some(word);
    }
    if let Some((_, id)) = NAMES.iter().find(|(name, _)| *name == word) {
        return Some(id);
    }
    OTHER_NAMES.contains(&format!(" {word} ")).then_some(word)
}
