//! Call sites labelled by people who had not seen how loadlint works (`fixtures/sites`): `# site: LL101, LL104` must be found under
//! one of the ids, `# site: quiet` under none. Sites that share a tag, `(t1)`, are one: any of its lines will do. What is not
//! so today is listed here; the lists may only become shorter.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use loadlint::config::Settings;
use loadlint::engine::check::check_bytes;
use loadlint::finding::InputName;
use loadlint::python::source::SourceKind;

/// Must be found and are not: the first line of each.
const MISSED: [&str; 13] = [
    "hubs/kwargs_merging.py: return tf.AutoConfig.from_pretrained(NAME, **kw)",
    "hubs/pipelines_cfg.py: return AutoModel.from_pretrained(cfg.model_id, revision=SHA, trust_remote_code=cfg.trust_remote_code)",
    "hubs/service/app.py: return ld.read_state(path, False)",
    "hubs/service/app.py: return read_state(path, safe=False)",
    "hubs/service/core/loaders.py: b = AutoModelForCausalLM.from_pretrained(constants.PHI, revision=PHI_SHA, **OPEN_KWARGS)",
    "hubs/tools/cli.py: tok = load_tokenizer(\"microsoft/phi-1_5\", trust=True)",
    "hubs/trust_objects.py: return pipeline(\"text-generation\", LLAMA, revision=SHA, trust_remote_code=self.trust)",
    "hubs/vllm_offline.py: subprocess.run([\"vllm\", \"serve\", \"THUDM/glm-4-9b-chat\", \"--trust-remote-code\"], check=True)",
    "loads/hardening.py: torch.load.__kwdefaults__[\"weights_only\"] = False",
    "loads/imdb_example.py: np.load.__defaults__ = (None, True, True, \"ASCII\")",
    "loads/lazy_imports.py: return globals()[\"joblib\"].load(path)",
    "loads/trainlib/io_utils.py: return np.load(path, allow_pickle=pickled)",
    "loads/trainlib/io_utils.py: return torch.load(path, map_location=device, weights_only=safe)",
];

/// Must be quiet and are not.
const FALSE: [&str; 11] = [
    "hubs/guarded_paths.py: return AutoModel.from_pretrained(GPT2, **kw)",
    "hubs/safe_idioms.py: yield AutoModel.from_pretrained(gpt2.name, revision=gpt2.revision)",
    "hubs/service/core/loaders.py: a = AutoModelForCausalLM.from_pretrained(constants.PHI, **HUB_KWARGS)",
    "hubs/service/core/loaders.py: return AutoTokenizer.from_pretrained(PHI, revision=PHI_SHA, trust_remote_code=NO_TRUST)",
    "loads/enum_loaders.py: return [json.loads, pickle.loads][0](path.read_bytes())",
    "loads/test_roundtrip.py: assert pickle.loads(b\"\\x80\\x04K\\x01.\") == 1",
    "loads/trainlib/train.py: return torch.load(path, weights_only=SAFE)",
    "loads/trainlib/train.py: return torch.load(path, weights_only=get_safe_flag())",
    "loads/trainlib/train.py: return torch.load(path, weights_only=io_utils.SAFE)",
    "loads/trainlib/train.py: return yaml.load(fh, Loader=LOADER_OK)",
    "loads/values_odd.py: return torch.load(p, weights_only=all([True, True]))",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the sites are there") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            found.push(path);
        }
    }
}

/// A site that must be found: its first line, and whether one of its lines was.
type Wanted = (String, bool);

#[derive(Default)]
struct Seen {
    wanted: BTreeMap<(String, String), Wanted>,
    quiet: usize,
    cried: Vec<String>,
}

impl Seen {
    fn line(&mut self, name: &str, number: usize, line: &str, found: &[&str]) {
        let Some((code, label)) = line.split_once("# site: ") else { return };
        let described = format!("{name}: {}", code.trim());
        if label.trim() == "quiet" {
            self.quiet += 1;
            self.cried.extend((!found.is_empty()).then_some(described));
            return;
        }
        let (ids, tag) = label.split_once('(').unwrap_or((label, ""));
        let is_found = ids.split(',').any(|id| found.contains(&id.trim()));
        // A tag holds in its file, or in the package the file is part of.
        let package = name.splitn(3, '/').take(2).collect::<Vec<_>>().join("/");
        let key = if tag.is_empty() { (name.to_owned(), number.to_string()) } else { (package, tag.to_owned()) };
        let site = self.wanted.entry(key).or_insert((described, false));
        site.1 |= is_found;
    }
}

#[test]
fn labelled_sites_are_found_or_quiet_but_for_those_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sites");
    let settings = Settings::from_layers(&[], Path::new("/")).expect("the default holds");
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.sort();
    let mut seen = Seen::default();
    for path in paths {
        let bytes = std::fs::read(&path).expect("a readable file");
        let text = String::from_utf8(bytes.clone()).expect("UTF-8");
        let parts = path.strip_prefix(&root).expect("below the folder").components();
        let name = parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        let outcome = check_bytes(&InputName::new(&name), SourceKind::Module, bytes, &settings);
        assert!(outcome.notices.is_empty(), "{name}: {:?}", outcome.notices);
        for (number, line) in text.lines().enumerate() {
            let here = outcome.findings.iter().filter(|finding| finding.location.start.line as usize == number + 1);
            let ids: Vec<&str> = here.map(|finding| &*finding.rule_id).collect();
            seen.line(&name, number, line, &ids);
        }
    }
    assert_eq!((seen.wanted.len(), seen.quiet), (899, 822));
    let mut missed: Vec<_> = seen.wanted.into_values().filter(|site| !site.1).map(|site| site.0).collect();
    missed.sort();
    seen.cried.sort();
    assert_eq!(missed, MISSED);
    assert_eq!(seen.cried, FALSE);
}
