//! Python in texts that no writer of model files needs: metadata, descriptions, settings.

const CODE: [&str; 9] = [
    "__import__(",
    "__builtins__",
    "os.system(",
    "os.popen(",
    "subprocess.",
    "pickle.loads(",
    "marshal.loads(",
    "exec(compile(",
    "eval(compile(",
];

/// The Python that `text` holds, if it runs or loads something.
pub(super) fn code_in(text: &str) -> Option<&'static str> {
    CODE.into_iter().find(|code| text.contains(code))
}

#[cfg(test)]
mod tests {
    use super::code_in;

    #[test]
    fn descriptions_are_no_code() {
        assert_eq!(code_in("exec(__import__('os').popen('echo loadlint-test'))"), Some("__import__("));
        assert_eq!(code_in("Run `pip install` and evaluate(model); see https://example.com"), None);
    }
}
