//! Functions that a list of forbidden names did not have. The ids are those of the advisories on picklescan, fickling and
//! modelscan; each stream only names the function and calls it with a text.

use super::build::{COMMAND, call};
use super::{scanned, told};
use loadlint::finding::Level;

const GADGETS: &[(&str, &str, &str)] = &[
    // https://github.com/mmaitre314/picklescan/security/advisories
    ("GHSA-655q-fx9r-782v CVE-2025-1716", "pip", "main"),
    ("GHSA-v7x6-rv5q-mhwc", "timeit", "timeit"),
    ("GHSA-xp4f-hrf8-rxw7", "ensurepip", "_run_pip"),
    ("GHSA-vvpj-8cmc-gx39", "pkgutil", "resolve_name"),
    ("GHSA-7wx9-6375-f5wh", "profile", "run"),
    ("GHSA-g38g-8gr9-h9xp", "uuid", "_get_command_stdout"),
    ("GHSA-g38g-8gr9-h9xp", "_osx_support", "_read_output"),
    ("GHSA-g38g-8gr9-h9xp", "_aix_support", "_read_cmd_output"),
    ("GHSA-g38g-8gr9-h9xp", "_pyrepl.pager", "pipe_pager"),
    ("GHSA-g38g-8gr9-h9xp", "imaplib", "IMAP4_stream"),
    ("GHSA-r8g5-cgf2-4m4m", "numpy.f2py.crackfortran", "getlincoef"),
    ("GHSA-m273-6v24-x4m4", "distutils.file_util", "write_file"),
    ("GHSA-4675-36f9-wf6r", "ctypes", "CDLL"),
    ("GHSA-84r2-jw7c-4r5q", "pydoc", "locate"),
    ("GHSA-vqmv-47xg-9wpr", "pty", "spawn"),
    ("GHSA-4r9r-ch6f-vxmx", "torch.utils.bottleneck.__main__", "run_cprofile"),
    ("GHSA-4whj-rm5r-c2v8", "torch.utils.bottleneck.__main__", "run_autograd_prof"),
    ("GHSA-86cj-95qr-2p4f", "torch._dynamo.guards", "GuardBuilder.get"),
    ("GHSA-f4x7-rfwp-v3xw", "torch.fx.experimental.symbolic_shapes", "ShapeEnv.evaluate_guards_expression"),
    ("GHSA-f745-w6jp-hpxx", "torch.utils.collect_env", "run"),
    ("GHSA-jhph-76pp-mggw", "torch.utils.collect_env", "run_and_read_all"),
    ("GHSA-h3qp-7fh3-f8h4", "torch.utils.data.datapipes.utils.decoder", "basichandlers"),
    ("GHSA-vr7h-p6mm-wpmh", "torch.jit.unsupported_tensor_ops", "execWrapper"),
    ("GHSA-vv6j-3g6g-2pvj", "torch.utils._config_module", "ConfigModule.load_config"),
    ("GHSA-5qwp-399c-mjwf", "trace", "Trace.run"),
    ("GHSA-g344-hcph-8vgg", "trace", "Trace.runctx"),
    ("GHSA-x696-vm39-cp64", "profile", "Profile.run"),
    ("GHSA-6vqj-c2q5-j97w", "profile", "Profile.runctx"),
    ("GHSA-f54q-57x4-jg88", "lib2to3.pgen2.grammar", "Grammar.loads"),
    ("GHSA-p9w7-82w4-7q8m", "lib2to3.pgen2.pgen", "ParserGenerator.make_label"),
    ("GHSA-3vg9-h568-4w9m", "idlelib.debugobj", "ObjectTreeItem.SetText"),
    ("GHSA-6w4w-5w54-rjvr", "idlelib.autocomplete", "AutoComplete.get_entity"),
    ("GHSA-7cq8-mj8x-j263", "idlelib.autocomplete", "AutoComplete.fetch_completions"),
    ("GHSA-8r4j-24qv-fmq9", "idlelib.calltip", "Calltip.fetch_tip"),
    ("GHSA-9xph-j2h6-g47v", "idlelib.calltip", "get_entity"),
    ("GHSA-m869-42cg-3xwr", "idlelib.run", "Executive.runcode"),
    ("GHSA-j343-8v2j-ff7w", "idlelib.pyshell", "ModifiedInterpreter.runcommand"),
    ("GHSA-3gf5-cxq9-w223", "idlelib.pyshell", "ModifiedInterpreter.runcode"),
    ("GHSA-cj3c-v495-4xqh", "code", "InteractiveInterpreter.runcode"),
    ("GHSA-fqq6-7vqf-w3fg", "doctest", "debug_script"),
    ("GHSA-9w88-8rmg-7g2p", "cProfile", "runctx"),
    ("GHSA-49gj-c84q-6qm9", "cProfile", "run"),
    ("GHSA-q77w-mwjj-7mqx", "asyncio.unix_events", "_UnixSubprocessTransport._start"),
    // https://github.com/trailofbits/fickling/security/advisories
    ("GHSA-r7v6-mfhq-g3m2", "pty", "spawn"),
    ("GHSA-565g-hwwr-4pp3", "marshal", "loads"),
    ("GHSA-565g-hwwr-4pp3", "types", "FunctionType"),
    ("GHSA-wfq2-52f7-7qvj GHSA-q5qq-mvfm-j35x", "runpy", "run_path"),
    ("GHSA-p523-jq9w-64x9", "cProfile", "run"),
    ("GHSA-5hvc-6wx8-mvv4", "ctypes", "CDLL"),
    ("GHSA-5hvc-6wx8-mvv4", "importlib", "import_module"),
    ("GHSA-5hwf-rc88-82xm", "uuid", "_get_command_stdout"),
    ("GHSA-5hwf-rc88-82xm", "_aix_support", "_read_cmd_output"),
    ("GHSA-5hwf-rc88-82xm", "_osx_support", "_find_build_tool"),
    ("GHSA-cffv-grgg-g429", "_posixsubprocess", "fork_exec"),
    ("GHSA-6ggj-6f2q-f7mx", "_interpreters", "run_string"),
    // https://github.com/protectai/modelscan/issues/338
    ("modelscan 338", "multiprocessing.util", "spawnv_passfds"),
    ("modelscan 338", "mlflow.projects.backend.local", "_run_entry_point"),
];

#[test]
fn a_function_that_no_list_of_forbidden_names_had_is_an_error() {
    for (advisory, module, name) in GADGETS {
        let outcome = scanned("model.pkl", call(module, name, COMMAND));
        let leaf = name.rsplit('.').next().expect("a name");
        told(advisory, &outcome, Level::Error, &format!("{leaf}(\"{COMMAND}\")"));
    }
}

// https://github.com/protectai/modelscan/issues/338
#[test]
fn a_harmless_reader_that_is_given_an_address_is_told() {
    let outcome = scanned("model.pkl", call("pandas", "read_csv", "https://example.org/x.csv"));
    told("modelscan 338", &outcome, Level::Warning, "pandas.read_csv(\"https://example.org/x.csv\")");
}

#[test]
fn a_function_nobody_has_heard_of_is_at_least_a_warning() {
    let outcome = scanned("model.pkl", call("acme.setup", "prepare", "x"));
    told("no advisory", &outcome, Level::Warning, "`acme.setup.prepare(\"x\")`");
}
