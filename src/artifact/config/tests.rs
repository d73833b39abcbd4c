use crate::artifact::{Detail, examine};
use crate::bytes::Window;
use crate::fact::artifact::{ArtifactFacts, GapKind, ObservationKind, Seen};
use crate::limits::Limits;

fn look(name: &str, text: &str) -> ArtifactFacts {
    let content = Window::from(text.as_bytes().to_vec());
    examine(&content, name, &Limits::default(), Detail::Findings)
}

/// What was seen, in words, and the text at its place.
fn seen(name: &str, text: &str) -> Vec<String> {
    let found = look(name, text);
    assert_eq!(found.gaps, [], "{name}: {text}");
    // Commands are judged elsewhere.
    let told = found.facts.iter().filter(|fact| !matches!(fact.seen, Seen::Command(_)));
    told.map(|fact| words(&fact.seen, text)).collect()
}

fn words(seen: &Seen, text: &str) -> String {
    match seen {
        Seen::Reference(reference) => {
            let region = reference.text.expect("a place in the text");
            let arguments: Vec<_> = reference
                .arguments
                .iter()
                .map(|(name, value)| if name.is_empty() { value.to_string() } else { format!("{name}={value}") })
                .collect();
            let place = &text[region.range()];
            format!("{:?} {}({}) at {}", reference.kind, reference.name, arguments.join(", "), place.trim())
        }
        Seen::Observation(observation) => {
            let region = observation.text.expect("a place in the text");
            format!("{:?} at {}", observation.kind, text[region.range()].trim())
        }
        other => format!("{other:?}"),
    }
}

fn kinds(name: &str, text: &str) -> Vec<ObservationKind> {
    let kind = |seen: &Seen| match seen {
        Seen::Observation(observation) => Some(observation.kind),
        _ => None,
    };
    look(name, text).facts.iter().filter_map(|fact| kind(&fact.seen)).collect()
}

// CVE-2025-23304
#[test]
fn nemo_targets_are_references_at_their_values() {
    let text = "name: asr\npreprocessor:\n  _target_: os.system\n  _args_: ['echo loadlint-test']\nmodel:\n  - decoder: {_target_: subprocess.run, args: [id], shell: true}\n";
    let expected = [
        "HydraTarget os.system(\"echo loadlint-test\") at os.system",
        "HydraTarget subprocess.run(args=[\"id\"], shell=True) at subprocess.run",
    ];
    assert_eq!(seen("model_config.yaml", text), expected);
    assert_eq!(seen("whatever.yml", text), expected);
    let text = "target: nemo.collections.asr.models.EncDecCTCModel\nencoder: {target: os.system, command: id}\n";
    let expected = [
        "HydraTarget nemo.collections.asr.models.EncDecCTCModel(encoder={\"target\": \"os.system\", \"command\": \"id\"}) at nemo.collections.asr.models.EncDecCTCModel",
        "HydraTarget os.system(command=\"id\") at os.system",
    ];
    assert_eq!(seen("model_config.yaml", text), expected);
}

#[test]
fn targets_are_followed_through_what_yaml_and_omegaconf_offer() {
    let expected = ["HydraTarget os.system(command=\"id\") at "];
    for (text, place) in [
        ("evil: os.system\nx: {_target_: '${evil}', command: id}\n", "'${evil}'"),
        ("a: {m: os, f: system}\nx: {_target_: '${a.m}.${a.f}', command: id}\n", "'${a.m}.${a.f}'"),
        ("e: &e os.system\nx: {_target_: *e, command: id}\n", "*e"),
        ("x: {\"_tar\\x67et_\": os.system, command: id}\n", "os.system"),
        ("x:\n  ? _target_\n  : os.system\n  command: id\n", "os.system"),
        ("x: {_target_: os.system, command: '${y}'}\ny: id\n", "os.system"),
        ("---\na: 1\n---\nx: {_target_: os.system, command: id}\n", "os.system"),
    ] {
        assert_eq!(seen("a.yaml", text), [format!("{}{place}", expected[0])], "{text}");
    }
    let merged = "b: &b {_target_: os.system}\nx: {<<: *b, command: id}\n";
    let expected = ["HydraTarget os.system() at os.system", "HydraTarget os.system(command=\"id\") at os.system"];
    assert_eq!(seen("a.yaml", merged), expected);
}

#[test]
fn json_names_targets_too() {
    let text = r#"{"a": [{"_target_": "builtins.exec", "_args_": ["pass"]}], "b": {"\u005ftarget_": "os.system"}}"#;
    let expected =
        ["HydraTarget builtins.exec(\"pass\") at \"builtins.exec\"", "HydraTarget os.system() at \"os.system\""];
    assert_eq!(seen("a.json", text), expected);
    let text = "{\n // a comment\n \"_target_\": \"os.system\",\n}";
    assert_eq!(seen("a.json", text), ["HydraTarget os.system() at os.system"]);
    let helm = "{{- if .Values.x }}\nx:\n  _target_: os.system\n{{- end }}\n";
    assert_eq!(seen("a.yaml", helm), ["HydraTarget os.system() at os.system"]);
    for name in ["config", "config.bin", "conf.txt"] {
        assert_eq!(seen(name, "x:\n- _target_: os.system\n"), ["HydraTarget os.system() at os.system"]);
        assert_eq!(seen(name, r#"{"_target_": "os.system"}"#), ["HydraTarget os.system() at \"os.system\""]);
    }
    assert_eq!(seen("notes.md", "Write `_target_: os.system` or\n_target_: os.system\n"), [""; 0]);
}

#[test]
fn lightning_and_latent_diffusion() {
    let text = "trainer:\n  callbacks:\n    - class_path: acme.Callback\n      init_args: {path: /tmp/x}\n    - class_path: acme.Other\n";
    let expected =
        ["HydraTarget acme.Callback(path=\"/tmp/x\") at acme.Callback", "HydraTarget acme.Other() at acme.Other"];
    assert_eq!(seen("config.yaml", text), expected);
    let text = "model:\n  target: ldm.models.Net\n  params:\n    lr: 0.1\n    first: {target: torch.nn.Identity}\n";
    let expected = [
        "HydraTarget ldm.models.Net(lr=0.1, first={\"target\": \"torch.nn.Identity\"}) at ldm.models.Net",
        "HydraTarget torch.nn.Identity() at torch.nn.Identity",
    ];
    assert_eq!(seen("v1-inference.yaml", text), expected);
}

#[test]
fn tags_that_make_objects() {
    let text = "- !!python/object/apply:os.system ['echo loadlint-test']\n- !!python/object/new:subprocess.Popen {args: [[id]], kwds: {shell: true}}\n- !!python/name:os.system ''\n- !!python/tuple [1, 2]\n";
    let expected = [
        "Other os.system(\"echo loadlint-test\") at !!python/object/apply:os.system ['echo loadlint-test']",
        "Other subprocess.Popen([\"id\"], shell=True) at !!python/object/new:subprocess.Popen {args: [[id]], kwds: {shell: true}}",
        "Other os.system() at !!python/name:os.system ''",
    ];
    assert_eq!(seen("hparams.yaml", text), expected);
    let text = "run: !apply:os.system [echo]\nnet: !new:torch.nn.Linear\n  in_features: 3\n";
    let expected = [
        "HydraTarget os.system(\"echo\") at !apply:os.system [echo]",
        "HydraTarget torch.nn.Linear(in_features=3) at !new:torch.nn.Linear\n  in_features: 3",
    ];
    assert_eq!(seen("hyperparams.yaml", text), expected);
    assert_eq!(seen("mkdocs.yml", "a: !!python/name:material.extensions.emoji.twemoji\n"), [""; 0]);
}

// `torch/_export/serde/serialize.py`: `sympy.sympify(s.expr_str, …)`.
#[test]
fn sizes_of_an_exported_program_are_evaluated() {
    let told = |expression: &str| {
        let text = format!(r#"{{"sym_int_values": {{"s0": {{"as_expr": {{"expr_str": "{expression}"}}}}}}}}"#);
        seen("serialized_exported_program.json", &text)
    };
    for code in ["exec('pass')", "__import__('os')", "s0.__class__", "(lambda: 1)()", "Symbol.mro()", "eval (1)"] {
        let expected = format!("Other builtins.eval(\"{code}\") at \"{code}\"");
        assert_eq!(told(code), [expected]);
    }
    for size in ["s0", "2*s0 + 1", "Symbol('s0', positive=True)", "Max(1, FloorDiv(s0, 2))", "sqrt(s0)/2.0", "((s0))"] {
        assert_eq!(told(size), [""; 0], "{size}");
    }
}

#[test]
fn json_pickles() {
    let text =
        r#"{"py/object": "acme.Thing", "x": {"py/reduce": [{"py/function": "os.system"}, {"py/tuple": ["id"]}]}}"#;
    let expected = [
        "Other acme.Thing() at \"acme.Thing\"",
        "Other os.system(\"id\") at [{\"py/function\": \"os.system\"}, {\"py/tuple\": [\"id\"]}]",
        "Other os.system() at \"os.system\"",
    ];
    assert_eq!(seen("state.json", text), expected);
}

// CVE-2025-64439
#[test]
fn constructors_of_langgraph() {
    let text =
        r#"{"lc": 2, "type": "constructor", "id": ["os", "system"], "args": ["echo loadlint-test"], "kwargs": {}}"#;
    assert_eq!(seen("checkpoint.json", text), [r#"Other os.system("echo loadlint-test") at ["os", "system"]"#]);
    for quiet in
        [text.replace("2", "1"), text.replace("\"os\"", "\"langchain_core\""), text.replace("constructor", "secret")]
    {
        assert_eq!(seen("checkpoint.json", &quiet), [""; 0]);
    }
}

#[test]
fn code_that_transformers_would_import() {
    let text = r#"{"model_type": "acme", "auto_map": {"AutoConfig": "configuration_acme.AcmeConfig", "AutoModel": "owner/other--modeling.Acme"}, "revision": "main"}"#;
    let expected = [
        "RemoteAutoMap at \"owner/other--modeling.Acme\"",
        "AutoMap at {\"AutoConfig\": \"configuration_acme.AcmeConfig\", \"AutoModel\": \"owner/other--modeling.Acme\"}",
        "FloatingRevision at \"main\"",
    ];
    assert_eq!(seen("config.json", text), expected);
    let text = r#"{"auto_map": {"AutoTokenizer": ["tokenization_acme.AcmeTokenizer", null]}}"#;
    assert_eq!(
        seen("tokenizer_config.json", text),
        ["AutoMap at {\"AutoTokenizer\": [\"tokenization_acme.AcmeTokenizer\", null]}"]
    );
    let text = r#"{"custom_pipelines": {"pair": {"impl": "pipe.Pair", "pt": ["AutoModel"], "default": {"model": {"pt": ["a/b.c", "main"]}}}}}"#;
    assert_eq!(kinds("config.json", text), [ObservationKind::AutoMap]);
    assert_eq!(kinds("config.json", r#"{"auto_map": {}, "model_type": "x"}"#), []);
    let text = r#"{"custom_generate": "owner/repository", "revision": "main"}"#;
    assert_eq!(
        kinds("generation_config.json", text),
        [ObservationKind::RemoteAutoMap, ObservationKind::FloatingRevision]
    );
}

#[test]
fn kernels_come_from_repositories() {
    let text =
        r#"{"model_type": "x", "attn_implementation": "owner/kernel@v1", "experts_implementation": "paged|owner/k:f"}"#;
    let expected = ["HubKernels at \"owner/kernel@v1\"", "HubKernels at \"paged|owner/k:f\""];
    assert_eq!(seen("config.json", text), expected);
    let text = r#"{"model_type": "x", "_attn_implementation": "flash_attention_2", "attn_implementation": {"text": "sdpa", "vision": "eager"}}"#;
    assert_eq!(seen("config.json", text), [""; 0]);
}

#[test]
fn switches_that_trust_or_unpickle() {
    let text = "base_model: owner/name\ntrust_remote_code: true\nrevision_of_model: main\nsave_safetensors: false\nload_format: pt\nplugins: [acme.plugin.Plugin, axolotl.integrations.liger.LigerPlugin]\ntrainer_cls: acme.Trainer\n";
    let expected = [
        "TrustRemoteCode at true",
        "PickleSetting at false",
        "PickleSetting at pt",
        "FloatingRevision at main",
        "Plugin acme.plugin.Plugin() at acme.plugin.Plugin",
        "Plugin acme.Trainer() at acme.Trainer",
    ];
    assert_eq!(seen("train.yaml", text), expected);
    let text = "services:\n  x:\n    command: ['--model', 'a', '--trust-remote-code']\n    environment:\n      - TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1\n      - TRUST_REMOTE_CODE=false\n    env: [{name: HF_DATASETS_TRUST_REMOTE_CODE, value: '1'}]\n    vars: {VLLM_ALLOW_INSECURE_SERIALIZATION: 1}\n";
    let mut found = kinds("docker-compose.yml", text);
    found.sort();
    let expected = [ObservationKind::TrustRemoteCode, ObservationKind::PickleVariable, ObservationKind::PickleVariable];
    assert_eq!(found, expected);
    // The flag of the command is for the rules for scripts.
    let is_flag = |seen: &Seen| {
        let Seen::Command(command) = seen else { return false };
        command.parts.iter().any(|part| text[part.range()] == *"'--trust-remote-code'")
    };
    assert!(look("docker-compose.yml", text).facts.iter().any(|fact| is_flag(&fact.seen)));
    assert_eq!(kinds("a.yml", "inputs:\n  x: {description: start it with --trust-remote-code}\n"), []);
    let text = "options: [--trust-remote-code]\n";
    assert_eq!(kinds("a.yml", text), [ObservationKind::TrustRemoteCode]);
    for text in [
        "trust_remote_code: false\n",
        "trust-remote-code: no\n",
        "cmd: x --trust-remote-code=false\n",
        "weights_only: true\nrevision: main\n",
    ] {
        assert_eq!(seen("train.yaml", text), [""; 0], "{text}");
    }
    assert_eq!(kinds("a.yaml", "trust-remote-code: 'yes'\n"), [ObservationKind::TrustRemoteCode]);
}

#[test]
fn parts_named_by_module_and_class() {
    let text = r#"[{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}, {"idx": 1, "name": "1", "path": "x", "type": "os.system"}]"#;
    assert_eq!(seen("modules.json", text), ["ModuleType os.system() at \"os.system\""]);
    let text = r#"[{"idx": 0, "name": "0", "path": "../other", "type": "sentence_transformers.models.Transformer"}]"#;
    assert_eq!(kinds("modules.json", text), [ObservationKind::ExternalDataEscape]);
    let text = r#"{"_class_name": ["pipeline", "MyPipeline"], "_diffusers_version": "0.30", "unet": ["diffusers", "UNet2DConditionModel"], "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"], "vae": ["my_vae", "Vae"], "x": [null, null]}"#;
    let expected = [
        "PipelineComponent pipeline.MyPipeline() at [\"pipeline\", \"MyPipeline\"]",
        "PipelineComponent my_vae.Vae() at [\"my_vae\", \"Vae\"]",
    ];
    assert_eq!(seen("model_index.json", text), expected);
    assert_eq!(seen("renamed.json", text), expected);
    let unet = r#"{"_class_name": "UNet2DModel", "_diffusers_version": "0.42", "down_block_types": ["DownBlock2D", "DownBlock2D"]}"#;
    assert_eq!((seen("config.json", unet), seen("renamed.json", unet)), (vec![], vec![]));
    assert_eq!(seen("model_index.json", unet).len(), 1, "there, it is a library and a class");
    let text = r#"{"peft_type": "LORA", "revision": null, "auto_mapping": {"base_model_class": "Net", "parent_library": "acme.net"}}"#;
    assert_eq!(seen("adapter_config.json", text), ["LoaderModule acme.net.Net() at \"acme.net\""]);
    let text = r#"{"peft_type": "LORA", "auto_mapping": {"base_model_class": "LlamaForCausalLM", "parent_library": "transformers.models.llama.modeling_llama"}}"#;
    assert_eq!(seen("adapter_config.json", text), [""; 0]);
}

#[test]
fn mlflow_models() {
    let text = "flavors:\n  python_function:\n    loader_module: evil_loader\n    code: code\n    data: ../../secret\n    env: {conda: conda.yaml}\n";
    let expected =
        ["LoaderModule evil_loader() at evil_loader", "ExternalDataEscape at ../../secret", "CodeFolder at code"];
    assert_eq!(seen("MLmodel", text), expected);
    let text = "artifact_path: model\nflavors:\n  python_function:\n    env: {conda: conda.yaml, virtualenv: python_env.yaml}\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n    predict_fn: predict\n    python_version: 3.11.7\n  sklearn:\n    code: null\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n    sklearn_version: 1.5.0\nmlflow_version: 2.14.0\nmodel_uuid: 9a\nrun_id: 1\nutc_time_created: '2024-01-01 00:00:00.000000'\n";
    assert_eq!(seen("MLmodel", text), [""; 0]);
}

#[test]
fn torchserve_manifests() {
    let text = r#"{"createdOn": "x", "runtime": "python", "model": {"modelName": "m", "serializedFile": "m.pt", "handler": "handler.py", "requirementsFile": "requirements.txt"}, "archiverVersion": "0.12"}"#;
    assert_eq!(
        seen("MANIFEST.json", text),
        ["Handler handler.py() at \"handler.py\"", "Requirements at \"requirements.txt\""]
    );
    let text = r#"{"model": {"modelName": "m", "serializedFile": "m.pt", "handler": "image_classifier"}, "archiverVersion": "0.12"}"#;
    assert_eq!(seen("MANIFEST.json", text), [""; 0]);
}

#[test]
fn files_outside_and_native_operators() {
    let text = r#"{"metadata": {}, "weight_map": {"a": "model-00001.safetensors", "b": "../../evil.bin"}}"#;
    assert_eq!(seen("pytorch_model.bin.index.json", text), ["ExternalDataEscape at \"../../evil.bin\""]);
    let text = r#"{"model": {"decoder": {"session_options": {"custom_ops_library": "evil.so"}}}}"#;
    assert_eq!(seen("genai_config.json", text), ["NativeLibrary at \"evil.so\""]);
}

// CVE-2024-34359, CVE-2023-36281 (the prompt of a chain)
#[test]
fn templates_in_values_and_files() {
    let payload = "{{ ''.__class__.__mro__[1].__subclasses__() }}";
    let place = format!("TemplateInjection at \"{payload}\"");
    for (name, text) in [
        ("tokenizer_config.json", format!("{{\"chat_template\": \"{payload}\"}}")),
        ("chat_template.json", format!("{{\"chat_template\": \"{payload}\"}}")),
        ("processor_config.json", format!("{{\"chat_template\": {{\"default\": \"{payload}\"}}}}")),
        ("tokenizer_config.json", format!("{{\"chat_template\": [{{\"name\": \"a\", \"template\": \"{payload}\"}}]}}")),
        (
            "prompt.json",
            format!("{{\"_type\": \"prompt\", \"template_format\": \"jinja2\", \"template\": \"{payload}\"}}"),
        ),
        ("other.json", format!("{{\"x\": [\"{payload}\"]}}")),
    ] {
        assert_eq!(seen(name, &text), [place.as_str()], "{text}");
    }
    for name in ["chat_template.jinja", "additional_chat_templates/tools.jinja", "any.j2", "chat_template.txt"] {
        let text = format!("Hello\n{payload}\n");
        assert_eq!(seen(name, &text), [format!("TemplateInjection at {payload}")], "{name}");
    }
    let quiet = r#"{"chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}", "model_max_length": 1000000000000000019884624838656}"#;
    assert_eq!(seen("tokenizer_config.json", quiet), [""; 0]);
}

#[test]
fn a_models_file_that_is_damaged_is_told() {
    for (name, text) in [
        ("tokenizer_config.json", "{\"chat_template\": \"x\", "),
        ("config.json", "{\"model_type\": \"bert\", \"a\": [1, 2"),
        ("adapter_config.json", ""),
        ("MLmodel", "flavors: [1, 2\n  x: ]: y"),
        ("model_config.yaml", "a: b: c: [\n"),
        // A model's by its keys.
        ("bert_fp16.json", "{\"transformers_version\": \"4.40.0\",}"),
        ("config.json", "{\"model_type\": \"a\nb\"}"),
        ("config.json", "\u{FEFF}{\"model_type\": \"bert\"}"),
    ] {
        if text.is_empty() {
            continue;
        }
        assert_ne!(look(name, text).gaps, [], "{name}");
    }
    let partial = look("model_config.yaml", "a: {_target_: os.system}\nb: [1, 2\nc: }");
    assert_eq!((partial.facts.len(), partial.gaps.len()), (1, 1));
    let bytes = Window::from(b"{\"model_type\": \"\xff\", \"trust_remote_code\": true}".to_vec());
    let found = examine(&bytes, "config.json", &Limits::default(), Detail::Findings);
    assert_eq!((found.facts.len(), found.gaps.len()), (1, 1));
}

#[test]
fn what_other_programs_write_is_quiet() {
    for (name, text) in [
        (
            "tsconfig.json",
            "{\n  // comment\n  \"compilerOptions\": {\"target\": \"es5\", \"plugins\": [{\"name\": \"x\"}]},\n}",
        ),
        ("package.json", r#"{"name": "x", "scripts": {"test": "jest"}, "target": "a.b", "py": "x"}"#),
        (
            "docker-compose.yml",
            "services:\n  a:\n    build: {context: ., target: build.stage}\n    volumes: [{type: bind, source: a, target: /b}]\n",
        ),
        (
            "mkdocs.yml",
            "plugins: [search]\nmarkdown_extensions:\n  - x: {emoji: !!python/name:material.extensions.emoji.twemoji }\n",
        ),
        (".pre-commit-config.yaml", "repos:\n- repo: https://x\n  rev: v1\n  hooks: [{id: a}]\n"),
        (
            "ci.yml",
            "on: push\njobs:\n  a:\n    strategy: {matrix: {target: [x86_64.a, b.c]}}\n    steps:\n    - run: echo ${{ matrix.target }}\n      with: {target: a.b}\n",
        ),
        ("values.yaml", "{{- define \"x\" }}\ntarget: {{ .Values.x }}\n{{ end }}\n"),
        ("stack.yaml", "Resources:\n  A: !Ref B\n  C: !GetAtt D.E\n"),
        (
            "playbook.yml",
            "- hosts: all\n  tasks:\n  - template: {src: a.j2, dest: \"{{ path }}\"}\n    when: x['handler'] is defined\n",
        ),
        ("prometheus.yml", "scrape_configs:\n- job_name: x\n  params: {module: [http_2xx]}\n  target: a.b\n"),
        ("openapi.json", r#"{"class_name": {"type": "string"}, "handler": "index.handler"}"#),
        ("config.json", "{ // settings of an editor\n \"allow\": true }"),
    ] {
        assert_eq!(seen(name, text), [""; 0], "{name}");
    }
}

#[test]
fn code_of_an_mlflow_model_comes_before_installed_packages() {
    let told = |code: &str| {
        let text = format!("flavors:\n  python_function:\n    loader_module: mlflow.lightgbm\n    code: {code}\n");
        let found = look("MLmodel", &text).facts;
        found
            .iter()
            .filter(|fact| matches!(&fact.seen, Seen::Observation(seen) if seen.kind == ObservationKind::CodeFolder))
            .count()
    };
    assert_eq!((told("code"), told("null"), told("")), (1, 0, 0));
}

#[test]
fn json_of_no_known_model_is_told_apart() {
    let gaps = |name, text| look(name, text).gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>();
    assert_eq!(gaps("data.json", "[1, 2"), [GapKind::Loose]);
    assert_eq!(gaps("data.json", "[1, 2]"), []);
    assert_eq!(gaps("data.txt", "[1, 2"), []);
    let found =
        examine(&Window::from(b"{\"a\": \"\xFF\"}".to_vec()), "data.json", &Limits::default(), Detail::Findings);
    assert_eq!(
        found.gaps.iter().map(|gap| &*gap.message).collect::<Vec<_>>(),
        ["this is not valid JSON: it is no text in its encoding"]
    );
}

#[test]
fn a_copy_is_read_as_what_it_is_a_copy_of() {
    let text = "flavors: [1, 2\n  x: ]: y";
    for (name, gaps) in [("MLmodel", 1), ("MLmodel_21", 1), ("mlmodel-3", 1), ("MLmodel21", 0), ("MLmodel_", 0)] {
        assert_eq!(look(name, text).gaps.len(), gaps, "{name}");
    }
    for name in ["adapter_config (1).json", "adapter_config(2).json", "adapter_config-12.json"] {
        assert_eq!(look(name, "[]").gaps[0].kind, GapKind::Damaged, "{name}");
    }
}

#[test]
fn a_models_configuration_has_the_form_that_its_loader_takes() {
    for (name, text, gaps) in [
        ("tokenizer_config.json", "\"bert\"", 1),
        ("config.json", r#"[{"model_type": "bert"}]"#, 1),
        ("config.json", r#"{"model_type": {"bert": 1}}"#, 1),
        ("config.json", r#"{"model_type": null, "architectures": []}"#, 0),
        ("adapter_config.json", r#"{"peft_type": ["LORA"]}"#, 1),
        ("MLmodel", "- flavors", 1),
        ("tokenizer.json", r#"{"version": "1.0", "pre_tokenizer": null, "model": {"type": "BPE", "vocab": {}}}"#, 0),
        ("tokenizer.json", r#"{"version": "1.0", "pre_tokenizer": null, "model": {"type": "BPF", "vocab": {}}}"#, 1),
        ("tokenizer.json", "{'version': '1.0'}", 1),
        ("vocab.json", r#"["a", "b"]"#, 0),
        ("modules.json", r#"[{"idx": 0, "type": "sentence_transformers.models.Pooling"}]"#, 0),
        ("all.json", r#"[{"transformers_version": "4.0"}]"#, 0),
    ] {
        assert_eq!(look(name, text).gaps.len(), gaps, "{name}: {text}");
    }
}

#[test]
fn nodes_of_skops_that_stand_for_none_are_told() {
    let list = |id: u32| {
        let node = |loader: &str, id: u32| {
            format!(
                r#"{{"__class__": "list", "__module__": "builtins", "__loader__": "{loader}", "__id__": {id}, "content": []}}"#
            )
        };
        let whole = node("ListNode", 1).replace("[]", &format!("[{}]", node("CachedNode", id)));
        look("schema.json", &whole).gaps.len()
    };
    assert_eq!((list(1), list(2)), (0, 1));
}

// CVE-2025-54412, CVE-2025-54413
#[test]
fn skops_nodes() {
    let text = r#"{"__class__": "Pipeline", "__module__": "sklearn.pipeline", "__loader__": "ObjectNode", "content": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": {"a": {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}, "b": {"__class__": "system", "__module__": "os", "__loader__": "TypeNode"}}}}"#;
    let expected = [
        "SkopsType sklearn.pipeline.Pipeline() at \"Pipeline\"",
        "SkopsType builtins.dict() at \"dict\"",
        "SkopsType os.system() at \"system\"",
    ];
    assert_eq!(seen("schema.json", text), expected);
    let text = r#"{"__class__": "call", "__module__": "sklearn.linear_model._stochastic_gradient.SGDRegressor", "__loader__": "OperatorFuncNode", "attrs": {}}"#;
    let expected = [
        "DisguisedContent at \"sklearn.linear_model._stochastic_gradient.SGDRegressor\"",
        "SkopsType operator.call() at \"call\"",
    ];
    assert_eq!(seen("schema.json", text), expected);
    for (class, method, forged) in [("Other", "fit", true), ("Net", "__builtins__", true), ("Net", "fit", false)] {
        let object = r#"{"__class__": "Net", "__module__": "acme", "__loader__": "ObjectNode"}"#;
        let text = format!(
            r#"{{"__class__": "{class}", "__module__": "acme", "__loader__": "MethodNode", "content": {{"func": "{method}", "obj": {object}}}}}"#
        );
        assert_eq!(kinds("schema.json", &text).contains(&ObservationKind::DisguisedContent), forged, "{text}");
    }
    let text = r#"{"__class__": "partial", "__module__": "functools", "__loader__": "PartialNode", "content": {"func": {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}}}"#;
    let expected = ["SkopsType functools.partial(os.system) at \"partial\"", "SkopsType os.system() at \"system\""];
    assert_eq!(seen("schema.json", text), expected);
    let text = r#"{"__class__": "methodcaller", "__module__": "operator", "__loader__": "OperatorFuncNode", "attrs": {"__class__": "tuple", "__module__": "builtins", "__loader__": "TupleNode", "content": [{"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode", "content": "\"fit\""}]}}"#;
    assert_eq!(seen("schema.json", text)[0], "SkopsType operator.methodcaller(\"fit\") at \"methodcaller\"");
}

#[test]
fn names_that_libraries_import_are_references() {
    for (name, text, expected) in [
        (
            "2_Dense/config.json",
            r#"{"in_features": 2, "activation_function": "os.abort"}"#,
            "ConfiguredName os.abort()",
        ),
        ("config.json", r#"{"sbert_ce_default_activation_function": "os.abort"}"#, "ConfiguredName os.abort()"),
        (
            "config.json",
            r#"{"sentence_transformers": {"activation_fn": "evil_mod.Act"}}"#,
            "ConfiguredName evil_mod.Act()",
        ),
        ("wordembedding_config.json", r#"{"tokenizer_class": "evil.Words"}"#, "ConfiguredName evil.Words()"),
        ("config.json", r#"{"structure": ["a"], "types": {"a": "evil.Part"}}"#, "ConfiguredName evil.Part()"),
        (
            "adapter_config.json",
            r#"{"peft_type": "LORA", "megatron_config": {"x": 1}, "megatron_core": "antigravity"}"#,
            "ImportedModule antigravity()",
        ),
        (
            "predictor.json",
            r#"{"__kind__": "instance", "class": "os.system", "args": ["echo loadlint-test"]}"#,
            r#"ConfiguredName os.system("echo loadlint-test")"#,
        ),
        ("predictor.json", r#"{"a": [{"__kind__": "type", "class": "eval"}]}"#, "ConfiguredName builtins.eval()"),
        ("gluonts-config.json", r#"{"type": "evil.Predictor"}"#, "ConfiguredName evil.Predictor()"),
        ("MLmodel", "flavors:\n  tensorflow: {keras_module: evil}\n", "ImportedModule evil()"),
        ("pickle_module_info.txt", "evil-pickle\n", "ImportedModule evil-pickle()"),
        ("MLmodel", "flavors:\n  xgboost: {model_class: os.system}\n", "ConfiguredName os.system()"),
        ("model.json", r#"{"custom_imports": {"imports": ["evil.hooks"]}}"#, "ImportedModule evil.hooks()"),
        ("model.yaml", "module: evil\napi_version: v1\nsignatures: {}\n", "ImportedModule evil()"),
        ("pipe.yaml", "components: {a: {type: os.system, init_parameters: {command: id}}}\n", "HydraTarget os.system("),
        ("config.yaml", "pipeline:\n  name: evil_mod.Pipeline\n  params: {}\n", "ConfiguredName evil_mod.Pipeline()"),
        (
            "io.json",
            r#"{"objects": {"a": {"type": {"type": "pyref", "module": "os", "name": "system"}}}}"#,
            "ConfiguredName os.system()",
        ),
    ] {
        let seen = seen(name, text);
        assert!(seen.len() == 1 && seen[0].starts_with(expected), "{name}: {seen:?}");
    }
}

#[test]
fn the_same_keys_with_other_values_are_nothing() {
    for (name, text) in [
        ("config.json", r#"{"activation_function": "gelu_new", "model_type": "gpt2"}"#),
        ("tokenizer_config.json", r#"{"tokenizer_class": "LlamaTokenizer"}"#),
        ("adapter_config.json", r#"{"peft_type": "LORA", "megatron_config": null, "megatron_core": "megatron.core"}"#),
        ("adapter_config.json", r#"{"peft_type": "LORA", "megatron_config": null, "megatron_core": "antigravity"}"#),
        ("api.json", r#"{"types": {"a": "b.c"}, "pipeline": {"name": "build.main"}}"#),
        ("ci.yaml", "pipeline:\n  name: deploy\n  params: {}\nmodule: net/http\n"),
        ("schema.json", r#"{"type": "object", "init_parameters": {}}"#),
        ("base.json", r#"{"_base_": ["../default.json"]}"#),
    ] {
        assert_eq!(seen(name, text), [""; 0], "{name}");
    }
    assert_eq!(kinds("base.json", r#"{"_base_": ["../default.py"]}"#), [ObservationKind::PythonSource]);
}

#[test]
fn yolo_evaluates_texts() {
    let model = |activation: &str, module: &str, argument: &str| {
        format!(
            "nc: 80\nactivation: {activation}\nbackbone:\n  - [-1, 1, {module}, [64, {argument}]]\nhead:\n  - [-1, 1, nn.Upsample, [None, 2, nearest]]\n"
        )
    };
    for plain in [
        model("nn.SiLU()", "Conv", "3"),
        model("torch.nn.LeakyReLU(0.1)", "nn.Conv2d", "'nc'"),
        model("nn.Hardswish()", "Detect", "'[1, 2]'"),
    ] {
        assert_eq!(seen("yolo.yaml", &plain), [""; 0], "{plain}");
    }
    for code in [
        model("__import__('os').system('echo loadlint-test')", "Conv", "3"),
        model("nn.SiLU()", "\"exec('1')\"", "3"),
        model("nn.SiLU()", "Conv", "\"nn.ReLU(print())\""),
    ] {
        let seen = seen("yolo.yaml", &code);
        assert!(seen.len() == 1 && seen[0].starts_with("ConfiguredName builtins.eval("), "{seen:?}");
    }
}

#[test]
fn the_download_of_a_data_set_is_run() {
    let data = |download: &str| format!("train: images\nval: images\nnames: {{0: a}}\ndownload: {download}\n");
    assert_eq!(seen("coco.yaml", &data("https://example.com/coco.zip")), [""; 0]);
    let python = look("coco.yaml", &data("|\n  import os\n  os.system('echo loadlint-test')"));
    assert!(
        matches!(&python.facts[..], [fact] if matches!(&fact.seen, Seen::Source(source) if source.text.contains("os.system"))),
        "{python:?}"
    );
    let script = look("coco.yaml", &data("bash fetch.sh"));
    assert!(script.facts.iter().any(|fact| matches!(fact.seen, Seen::Command(_))), "{script:?}");
}

/// `json.loads` of bytes finds the encoding, and Keras and skops hand it the bytes of a member. Files are opened as UTF-8.
#[test]
fn configurations_in_other_encodings_are_read() {
    let text = r#"{"auto_map": {"AutoModel": "owner/repo--m.Net"}}"#;
    for width in [2, 4] {
        let bytes: Vec<u8> = text.bytes().flat_map(|byte| std::iter::once(byte).chain(vec![0; width - 1])).collect();
        let found = examine(&bytes.into(), "config.json", &Limits::default(), Detail::Findings);
        assert!(
            matches!(&found.facts[..], [fact] if matches!(&fact.seen, Seen::Observation(seen)
                if seen.kind == ObservationKind::RemoteAutoMap && seen.text.is_none())),
            "{found:?}"
        );
        let gaps: Vec<_> = found.gaps.iter().map(|gap| gap.message.as_str()).collect();
        assert_eq!(gaps, ["this configuration is not plain UTF-8, as loaders read it"]);
    }
}

#[test]
fn files_beside_a_configuration_are_kept_in_mind() {
    let beside = |name: &str, text: &str| {
        let found = look(name, text).companions;
        assert!(found.files.is_empty() || found.may_lack_all);
        found.files.into_keys().collect::<Vec<_>>()
    };
    let index =
        r#"{"metadata": {}, "weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors", "c": "m-1.safetensors"}}"#;
    assert_eq!(beside("model.safetensors.index.json", index), ["m-1.safetensors", "m-2.safetensors"]);
    assert_eq!(beside("other.json", index), [""; 0]);
    let model = "flavors:\n  python_function:\n    env: {conda: conda.yaml}\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n";
    assert_eq!(beside("MLmodel", model), ["model.pkl"]);
    assert_eq!(look("MLmodel", model).companions.kin.into_iter().collect::<Vec<_>>(), ["conda.yaml"]);
}

#[test]
fn tritons_and_caffes_configurations_name_python() {
    let triton = "name: \"x\" # backend: \"none\"\nbackend: \"python\"\nparameters { key: \"backend\" value: { string_value: \"python\" } }\n";
    assert_eq!(seen("config.pbtxt", triton), ["PythonSource at \"python\""]);
    assert_eq!(seen("config.pbtxt", &triton.replace("\"python\"", "\"onnxruntime\"")), [""; 0]);
    assert_eq!(kinds("config.pbtxt", "default_model_filename: 'run.py'\n"), [ObservationKind::PythonSource]);
    let caffe = "name: \"n\"\nlayer {\n  type: \"Python\"\n  python_param { module: \"evil\" layer: \"L\" param_str: \"{}\" }\n}\n";
    assert_eq!(seen("deploy.prototxt", caffe), ["ConfiguredName evil.L(param_str=\"{}\") at \"evil\""]);
    let plain = "layer { type: \"Convolution\" convolution_param { num_output: 64 } }\n";
    assert_eq!(seen("deploy.prototxt", plain), [""; 0]);
}

#[test]
fn what_cannot_be_read_under_a_name_of_models_is_told() {
    let gaps = |name: &str, bytes: Vec<u8>| {
        let found = examine(&bytes.into(), name, &Limits::default(), Detail::Findings);
        found.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>()
    };
    let deep = r#"{"a":"#.repeat(100_000).into_bytes();
    assert_eq!(gaps("config.json", deep.clone()), [GapKind::Limit]);
    assert_eq!(gaps("modules.json", b"\xFF\xFE\x00[{".to_vec()), [GapKind::Damaged]);
    assert_eq!(gaps("config.yaml", "[".repeat(20_000).into_bytes()), [GapKind::Limit]);
    // Brackets in texts do not nest, and what has no such name is nobody's model.
    assert_eq!(gaps("config.json", format!("{{\"a\": \"\\\"{}\"}}", "[".repeat(1000)).into_bytes()), []);
    assert_eq!(gaps("data.json", deep), []);
}
