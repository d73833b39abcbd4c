//! Attributes by which an object takes the place of what Python itself does with it.
//!
//! Comes in: the name of an attribute that a stream sets. Goes out: whether it is one of them. Called by `globals`.

/// Attributes of an object that Python or the unpickler calls by themselves.
pub(super) fn is_hook(name: &str) -> bool {
    // What a planted `append` or `extend` leads to is a call that the machine tells by itself.
    const HOOKS: [&str; 34] = [
        "__bases__",
        "__builtins__",
        "__call__",
        "__class__",
        "__code__",
        "__del__",
        "__delattr__",
        "__enter__",
        "__eq__",
        "__exit__",
        "__format__",
        "__get__",
        "__getattr__",
        "__getattribute__",
        "__getitem__",
        "__globals__",
        "__hash__",
        "__import__",
        "__init__",
        "__iter__",
        "__len__",
        "__loader__",
        "__mro__",
        "__new__",
        "__next__",
        "__path__",
        "__reduce__",
        "__reduce_ex__",
        "__setattr__",
        "__setitem__",
        "__setstate__",
        "__subclasshook__",
        "find_class",
        "persistent_load",
    ];
    HOOKS.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_hook;

    #[test]
    fn the_names_are_sorted_for_the_search() {
        for name in ["__bases__", "__class__", "__setstate__", "find_class", "persistent_load"] {
            assert!(is_hook(name), "{name}");
        }
        assert!(!is_hook("__dict__") && !is_hook("append"));
    }
}
