//! What a configuration's object is made of: its module, class and settings.

use crate::fact::artifact::{GapKind, ObservationKind, ReferenceKind};
use crate::fact::pickle::Datum;
use crate::text::Region;

use super::super::json::{Json, JsonValue};
use super::super::{base64, onnx};
use super::datum::{cut, keywords};
use super::{Walk, at, bytecode, names};

/// Markers that are no classes.
const PLAIN: [&str; 6] = ["__keras_tensor__", "__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__"];

/// An object that names a class.
struct Object<'w, 't> {
    class: &'w str,
    class_region: Region,
    module: Option<&'w str>,
    registered: Option<&'w str>,
    config: Option<&'w Json<'t>>,
}

impl<'w, 't> Walk<'w, '_, 't> {
    /// Looks at an object that names a class; others are passed over.
    pub(super) fn object(&mut self, value: &'w Json<'t>) {
        let Some(name) = value.get("class_name") else { return };
        let Some(class) = name.as_text() else { return };
        let object = Object {
            class,
            class_region: name.region,
            module: value.text("module"),
            registered: value.text("registered_name"),
            config: value.get("config"),
        };
        match class {
            "__lambda__" => self.lambda(value, ""),
            "__typespec__" => self.type_specification(&object, value),
            "function" => self.function(&object, Vec::new()),
            "Lambda" => self.lambda_layer(&object),
            "TorchModuleWrapper" => self.torch_module(&object),
            "TFSMLayer" => self.loads(&object, "filepath", "a SavedModel"),
            "KerasLayer" => self.loads(&object, "handle", "a TensorFlow Hub module"),
            "TFOpLambda" | "SlicingOpLambda" => self.operator(&object),
            "StringLookup" | "IntegerLookup" | "IndexLookup" | "TextVectorization" => self.vocabulary(&object),
            plain if PLAIN.contains(&plain) => {}
            _ => self.class(&object),
        }
    }

    /// A marshalled function.
    fn lambda(&mut self, value: &'w Json<'t>, of: &str) {
        let config = value.get("config");
        let code = config.and_then(|config| config.text("code").or_else(|| config.text("value")));
        let names = code.and_then(bytecode::names).unwrap_or_default();
        self.observe(ObservationKind::KerasLambda, value.region, format!("{of}a function as bytecode{names}"));
        self.done.extend(config.map(|config| config.region.start));
    }

    /// A Lambda layer: its function, its shape and its mask may each be code.
    fn lambda_layer(&mut self, object: &Object<'w, 't>) {
        let Some(config) = object.config else { return };
        let of = format!("layer `{}`: ", cut(config.text("name").unwrap_or("unnamed")));
        for (key, kind) in [("function", "function_type"), ("output_shape", "output_shape_type"), ("mask", "mask_type")]
        {
            let Some(value) = config.get(key) else { continue };
            let is_code = config.text(kind) == Some("lambda");
            if value.text("class_name") == Some("__lambda__") {
                self.lambda(value, &of);
            } else if let Some(code) = legacy_code(value, key == "function" || is_code, is_code) {
                let names = bytecode::names(code).unwrap_or_default();
                self.observe(ObservationKind::KerasLambda, value.region, format!("{of}a function as bytecode{names}"));
            } else if let Some(source) = as_source(value) {
                let subject = format!("{of}a function as source, `{}`", cut(source));
                self.observe(ObservationKind::KerasLambda, value.region, subject);
            } else if key == "function" {
                self.named_function(config, value);
                continue;
            } else {
                continue;
            }
            self.done.insert(value.region.start);
        }
    }

    /// A Lambda layer's function that is only named.
    fn named_function(&mut self, config: &'w Json<'t>, function: &'w Json<'t>) {
        let arguments = keywords(config.get("arguments"));
        let named = match &function.value {
            // Keras 2 names the module beside the function.
            JsonValue::Text(name) => Object {
                class: name,
                class_region: function.region,
                module: config.text("module"),
                registered: None,
                config: Some(function),
            },
            _ if function.text("class_name") == Some("function") => Object {
                class: "function",
                class_region: function.region,
                module: function.text("module"),
                registered: function.text("registered_name"),
                config: function.get("config"),
            },
            _ => return,
        };
        self.function(&named, arguments);
        self.done.insert(function.region.start);
    }

    /// A function by name. Its arguments are those of the layer that calls it.
    fn function(&mut self, object: &Object<'w, 't>, arguments: Vec<(String, Datum)>) {
        let Some(config) = object.config else { return };
        let Some(name) = config.as_text() else { return };
        let region = config.region;
        match object.module.filter(|module| *module != "builtins") {
            None if names::is_pythons(name) => {
                self.refer(ReferenceKind::KerasFunction, region, format!("builtins.{name}"), arguments);
            }
            None => {
                let registered = object.registered.filter(|registered| *registered != "function");
                if registered.is_some() || name.contains('>') {
                    let name = cut(registered.filter(|name| name.contains('>')).unwrap_or(name)).to_owned();
                    self.refer(ReferenceKind::KerasRegistered, region, name, Vec::new());
                }
            }
            Some(module) if names::is_computing(module, name) || names::is_computing_tensorflow(module) => {}
            Some(module) if names::is_keras(module) => {
                self.observe(ObservationKind::KerasUnsafeObject, region, format!("`{}.{}`", cut(module), cut(name)));
            }
            // What Keras 2 writes of a function of the script itself.
            Some("__main__") => self.refer(ReferenceKind::KerasRegistered, region, cut(name).to_owned(), Vec::new()),
            Some(module) => {
                let name = format!("{}.{}", cut(module), cut(name));
                self.refer(ReferenceKind::KerasFunction, region, name, arguments);
            }
        }
    }

    /// A class by name.
    fn class(&mut self, object: &Object<'w, 't>) {
        let region = object.class_region;
        match object.module {
            None | Some("__main__") => {
                let registered = object.registered.or(Some(object.class).filter(|class| class.contains('>')));
                if let Some(registered) = registered {
                    self.refer(ReferenceKind::KerasRegistered, region, cut(registered).to_owned(), Vec::new());
                }
            }
            Some(module) if names::is_keras(module) => {
                if !names::is_harmless_class(module, object.class) {
                    let name = format!("`{}.{}`", cut(module), cut(object.class));
                    self.observe(ObservationKind::KerasUnsafeObject, region, name);
                } else if names::is_unknown_layer(module, object.class) {
                    let told = format!("no Keras that is known here has the layer `{}`", cut(object.class));
                    self.x.gap(GapKind::Loose, at(self.place, region).0, told);
                }
            }
            Some(module) => {
                let name = format!("{}.{}", cut(module), cut(object.class));
                // What is registered with a package's name is looked up before anything is imported.
                let is_registered = object.registered.is_some_and(|registered| registered.contains('>'));
                let kind = if is_registered { ReferenceKind::KerasOwnClass } else { ReferenceKind::KerasClass };
                self.refer(kind, region, name, keywords(object.config));
            }
        }
    }

    fn type_specification(&mut self, object: &Object<'w, 't>, value: &'w Json<'t>) {
        let (Some(module), Some(name)) = (object.module, value.text("spec_name")) else { return };
        if !module.starts_with("tensorflow.") && !names::is_keras(module) {
            let name = format!("{}.{}", cut(module), cut(name));
            self.refer(ReferenceKind::KerasClass, object.class_region, name, Vec::new());
        }
    }

    /// A layer that holds a pickled PyTorch module.
    fn torch_module(&mut self, object: &Object<'w, 't>) {
        let subject = "`TorchModuleWrapper` unpickles a PyTorch module".to_owned();
        self.observe(ObservationKind::KerasUnsafeObject, object.class_region, subject);
        let Some(module) = object.config.and_then(|config| config.get("module")) else { return };
        let Some(text) = module.as_text() else { return };
        let is_model = |bytes: &[u8]| matches!(bytes, [b'P', b'K', ..] | [0x80, ..]);
        let latin1 = || text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        let bytes = base64::decode(text).filter(|bytes| text.is_ascii() && is_model(bytes)).unwrap_or_else(latin1);
        self.x.nested("module", &bytes.into());
        self.done.insert(module.region.start);
    }

    /// A layer that loads something from a path or an address of the configuration.
    fn loads(&mut self, object: &Object<'w, 't>, key: &str, what: &str) {
        let from = object.config.and_then(|config| config.text(key));
        if from.is_none() && object.class == "KerasLayer" {
            return self.class(object);
        }
        let subject = format!("`{}` loads {what} from `{}`", object.class, cut(from.unwrap_or("?")));
        self.observe(ObservationKind::KerasUnsafeObject, object.class_region, subject);
    }

    /// A layer made of one operator of TensorFlow.
    fn operator(&mut self, object: &Object<'w, 't>) {
        let Some(function) = object.config.and_then(|config| config.get("function")) else { return };
        if let Some(symbol) = function.as_text()
            && !names::is_computing_symbol(symbol)
        {
            let subject = format!("a layer that runs `tf.{}`", cut(symbol));
            self.observe(ObservationKind::KerasUnsafeObject, function.region, subject);
        }
    }

    /// CVE-2025-12058: a vocabulary that is a path is read when the layer is made.
    fn vocabulary(&mut self, object: &Object<'w, 't>) {
        for key in ["vocabulary", "idf_weights"] {
            let Some(value) = object.config.and_then(|config| config.get(key)) else { continue };
            if let Some(path) = value.as_text().filter(|path| onnx::is_outside(path)) {
                let subject = format!("`{}` (vocabulary of `{}`)", cut(path), object.class);
                self.observe(ObservationKind::ExternalDataEscape, value.region, subject);
            }
        }
        self.class(object);
    }
}

/// The bytecode in base64 that Keras 2 keeps as a text or as the first item of a list.
fn legacy_code<'w>(value: &'w Json<'_>, is_list_code: bool, is_text_code: bool) -> Option<&'w str> {
    match &value.value {
        JsonValue::Array(parts) if is_list_code => parts.first().and_then(Json::as_text),
        JsonValue::Text(text) if is_text_code => Some(text),
        _ => None,
    }
}

/// A function given as source instead of by its name: `lambda x: x + 1`.
fn as_source<'w>(value: &'w Json<'_>) -> Option<&'w str> {
    match &value.value {
        JsonValue::Text(text) if text.contains(['(', ':', ' ', ';']) => Some(text),
        _ => None,
    }
}
