use loadlint::config::*; use loadlint::engine::check::check_bytes; use loadlint::finding::InputName; use loadlint::python::source::SourceKind;
#[test] fn debug() { let f=std::env::var("F").unwrap(); let bytes=std::fs::read(&f).unwrap();
 let s=Settings::from_layers(&[&RawConfig::default()], std::path::Path::new("/")).unwrap();
 for f in check_bytes(&InputName::new(f), SourceKind::Module, bytes, &s).findings { println!("{}:{} {} {}", f.location.start.line, f.rule_id, f.level.as_str(), f.message); for r in &f.reasons { println!("     {}: {}", r.location.start.line, r.message); } if let Some(c)=&f.code_flow { for r in &c.steps { println!("     flow {}: {}", r.location.start.line, r.message); } } } }
