use super::{Purpose, injections};

fn reaches(template: &str, purpose: Purpose) -> Vec<String> {
    let (injections, complete) = injections(template, purpose);
    assert!(complete, "{template}");
    injections.into_iter().map(|injection| injection.subject).collect()
}

/// Each is told, in a chat template and in any other.
#[test]
fn templates_that_leave_the_sandbox() {
    let templates = [
        // CVE-2024-34359
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{% for c in [].__class__.__base__.__subclasses__() %}{% if c.__name__ == 'catch_warnings' %}{{ c }}{% endif %}{% endfor %}",
        "{{ lipsum.__globals__['os'].popen('echo loadlint-test').read() }}",
        "{{ cycler.__init__.__globals__.os.popen('echo loadlint-test') }}",
        "{{ joiner.__init__.__globals__.os }}",
        "{{ namespace.__init__.__globals__.os }}",
        "{{ self.__init__.__globals__.__builtins__ }}",
        "{{ self._TemplateReference__context.cycler }}",
        "{{ ''['__class__']['__mro__'] }}",
        r"{{ ''['\x5f\x5fclass\x5f\x5f'] }}",
        r"{{ messages['\137\137globals\137\137'] }}",
        r"{{ messages['\u005f\u005finit\u005f\u005f'] }}",
        "{{ ''['__cl' + 'ass__'] }}",
        "{{ messages['__cl' ~ 'ass__'] }}",
        "{{ messages['__cl' 'ass__'] }}",
        "{{ ''|attr('__class__')|attr('__mro__') }}",
        "{{ messages|attr('__cl' ~ 'ass__') }}",
        "{{ messages|attr(request.args.x) }}",
        "{{ messages|attr(x) }}",
        "{{ messages|attr(['__','class','__']|join) }}",
        "{{ messages[['__','class','__']|join] }}",
        "{{ messages['%sclass%s'|format('__','__')] }}",
        "{{ messages['%cclass%c' % (95, 95)]['%c%cclass%c%c' % (95, 95, 95, 95)] }}",
        "{{ messages['__ssalc__'|reverse] }}",
        "{{ messages['__ssalc__'[::-1]] }}",
        "{{ messages['__CLASS__'|lower] }}",
        "{{ messages['__CLASS__'.lower()] }}",
        "{{ messages['XXclassXX'|replace('X', '_')] }}",
        "{{ messages['XXclassXX'.replace('X', '_')] }}",
        "{{ messages['__{}__'.format('class')] }}",
        "{% set u = '_' %}{% set k = u * 2 ~ 'class' ~ u * 2 %}{{ messages[k] }}",
        "{% set k %}__globals__{% endset %}{{ messages[k] }}",
        "{% set k %}__{{ 'globals' }}__{% endset %}{{ messages[k] }}",
        "{% set k %}__{% set other = 1 %}\n{{- 'glo' }}{# note #}bals__{% endset %}{{ messages[k] }}",
        "{% set k | lower %}__GLOBALS__{% endset %}{{ messages[k] }}",
        "{% set k %}{% set l %}x{% endset %}__{% raw %}globals{% endraw %}__{% endset %}{{ messages[k] }}",
        "{% set a %}{% set k %}__globals__{% endset %}{% endset %}{{ messages[k] }}",
        "{% set k %}{% if true %}__glo{% endif %}bals__{% endset %}{{ messages[k] }}",
        "{% set a = dict(__cla=1, ss__=2)|join %}{{ ()|attr(a) }}",
        "{% set s = (()|select|string)[24] %}{{ messages[s ~ s ~ 'class' ~ s ~ s] }}",
        "{{ messages[(lipsum|string)[18] * 2 ~ 'x'] }}",
        "{{ messages|map(attribute='__class__.__globals__')|list }}",
        "{{ messages|map('attr', '__globals__') }}",
        "{{ messages.x.gi_frame.f_back.f_globals }}",
        "{{ (1).__class__.mro()[1].__subclasses__() }}",
        "{% if os.popen('echo loadlint-test') %}{% endif %}",
        "{{ __import__('os').system('echo loadlint-test') }}",
        "{{ eval(messages[0].content) }}",
        "{{ messages.x(\"__import__('os')\") }}",
        "{% include '/etc/passwd' %}",
        "{% include '../../secret' %}",
        "{% from 'file:///etc/passwd' import x %}",
        "{%- set x = {'a': {}} -%}{{- x['}}'].__globals__ -}}",
        "{{ ''.__class__.__mro__",
        "{{ (((((((('__glo' ~ 'bals__')))))))) }}",
        "{{ x['__glo' ~ ('bals__' if true else '')] }}",
        "{{ config|attr(\"\\x5f\\x5fclass\\x5f\\x5f\") }}",
        "{% call x() %}{{ lipsum['__globals__'] }}{% endcall %}",
        "{% macro m(a) %}{{ a.__subclasses__() }}{% endmacro %}",
        "{% filter upper %}{{ a.__builtins__ }}{% endfilter %}",
        "{% set lip = lipsum %}{{ lip[messages[0].content] }}",
        "{% for k in ['__globals__'] %}{{ messages[k] }}{% endfor %}",
        "{# note #}{% raw %}{{ quiet }}{% endraw %}{{ a.__globals__ }}",
    ];
    for template in templates {
        assert_ne!(reaches(template, Purpose::Chat), [""; 0], "{template}");
        assert_ne!(reaches(template, Purpose::Any), [""; 0], "{template}");
    }
}

/// Python's own names are out of place among messages, and at home where code is generated.
#[test]
fn what_is_told_depends_on_the_purpose() {
    let templates = [
        "{{ messages[0].__class__ }}",
        "{{ tools[0]['__init__'] }}",
        "{{ x.__class__.__name__ }}",
        "{% include 'header.jinja' %}",
        "{% extends \"base.html\" %}",
    ];
    for template in templates {
        assert_ne!(reaches(template, Purpose::Chat), [""; 0], "{template}");
        assert_eq!(reaches(template, Purpose::Any), [""; 0], "{template}");
    }
}

/// In the manner of the templates of many model families.
#[test]
fn honest_chat_templates_are_quiet() {
    let templates = [
        // ChatML
        "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
        // Llama 2
        "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% endfor %}",
        // Llama 3.1 with tools
        "{{- bos_token }}{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}{%- if not date_string is defined %}{%- if strftime_now is defined %}{%- set date_string = strftime_now(\"%d %b %Y\") %}{%- else %}{%- set date_string = \"26 Jul 2024\" %}{%- endif %}{%- endif %}{%- for message in messages %}{%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}{%- elif 'tool_calls' in message %}{%- if not message.tool_calls|length == 1 %}{{- raise_exception(\"This model only supports single tool-calls at once!\") }}{%- endif %}{%- set tool_call = message.tool_calls[0].function %}{%- for arg_name, arg_val in tool_call.arguments | items %}{{- arg_name + '=\"' + arg_val + '\"' }}{%- if not loop.last %}{{- \", \" }}{%- endif %}{%- endfor %}{{- tool_call.arguments | tojson }}{%- endif %}{%- endfor %}",
        // Mistral
        "{%- set ns = namespace(index=0) %}{%- for message in loop_messages | rejectattr(\"role\", \"equalto\", \"tool\") %}{%- if message[\"role\"] == \"user\" and (ns.index % 2 == 0) %}{%- set ns.index = ns.index + 1 %}{%- endif %}{%- endfor %}{%- set user_messages = loop_messages | selectattr(\"role\", \"equalto\", \"user\") | list %}{%- for key, val in tool.items() if key != \"return\" %}{{- '\"' + key + '\": ' + val|tojson }}{%- endfor %}{%- if not tool_call.id is defined or tool_call.id|length != 9 %}{{- raise_exception(\"Tool call IDs should be alphanumeric strings with length 9!\") }}{%- endif %}",
        // Qwen 3
        "{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}{%- for message in messages[::-1] %}{%- set index = (messages|length - 1) - loop.index0 %}{%- if ns.multi_step_tool and message.role == \"user\" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}{%- set ns.multi_step_tool = false %}{%- set ns.last_query_index = index %}{%- endif %}{%- endfor %}{%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}{{- '<|im_start|>' + messages[ns.last_query_index].role ~ '\\n<think>\\n' ~ reasoning_content.strip('\\n') }}",
        // Gemma
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}",
        // Command R with macros
        "{% macro json_to_python_type(json_spec) %}{% set basic_type_map = {\"string\": \"str\", \"number\": \"float\", \"integer\": \"int\"} %}{% if basic_type_map[json_spec.type] is defined %}{{- basic_type_map[json_spec.type] }}{% elif json_spec.type == \"array\" %}{{- \"List[\" + json_to_python_type(json_spec.items) + \"]\" }}{% elif json_spec.type is iterable %}{%- for t in json_spec.type %}{{- json_to_python_type({\"type\": t}) }}{%- endfor %}{% endif %}{% endmacro %}{{ \"def \" + tool.name + \"(\" }}{%- for name, fields in tool.parameters.properties.items() %}{{ name + \": \" + json_to_python_type(fields) }}{% endfor %}",
        // gpt-oss
        "{%- macro render_typescript_type(param_spec, required_params, is_nullable=false) -%}{%- if param_spec.type == \"array\" -%}{{- render_typescript_type(param_spec['items'], required_params) + \"[]\" }}{%- elif param_spec.enum is defined -%}{{- '\"' + param_spec.enum|join('\" | \"') + '\"' }}{%- endif -%}{%- endmacro -%}{{- \"Current date: \" + strftime_now(\"%Y-%m-%d\") + \"\\n\\n\" }}{%- if \"<|channel|>analysis<|message|>\" in message.content %}{{- raise_exception(\"You have passed a message containing <|channel|> tags in the content field.\") }}{%- endif %}",
        // GLM
        "{% set _args = tc.arguments %}{% for k, v in _args.items() %}<arg_key>{{ k }}</arg_key>\n<arg_value>{{ v | tojson(ensure_ascii=False) if v is not string else v }}</arg_value>\n{% endfor %}{%- macro visible_text(content) -%}{%- if content is string -%}{{- content }}{%- elif content is iterable and content is not mapping -%}{%- for item in content -%}{%- if item is mapping and item.type == 'text' -%}{{- item.text }}{%- endif -%}{%- endfor -%}{%- endif -%}{%- endmacro -%}",
        // Vision models
        "{% set image_count = namespace(value=0) %}{% for content in message['content'] %}{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}{% set image_count.value = image_count.value + 1 %}{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}<|vision_start|><|image_pad|><|vision_end|>{% elif 'text' in content %}{{ content['text'] }}{% endif %}{% endfor %}",
        // Hermes, with code in a prompt
        "{{- 'You may call functions. Example:\\n```python\\nimport os\\nif __name__ == \"__main__\":\\n    class A:\\n        def __init__(self): pass\\n```\\n' }}{{- tools | map(attribute='function') | list | tojson(indent=4) }}",
        // Training masks
        "{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}{% break %}{% continue %}{% do messages.append(x) %}",
        // Keys put together
        "{% set role_map = {'user': 'Human', 'assistant': 'AI'} %}{{ role_map[message.role] }}{{ ['a', 'b'][loop.index0 % 2] }}{{ 'ABCD'[loop.index0] }}{{ message['content_' ~ lang] }}{{ prefixes[loop.index0|string] }}{{ message['__image__'] }}",
        // DeepSeek
        "{% set ns = namespace(is_first=false, is_tool=false, system_prompt='') %}{%- for message in messages %}{%- if message['role'] == 'assistant' and message['content'] is not none %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<｜Assistant｜>' + content + '<｜end▁of▁sentence｜>'}}{%- endif %}{%- endfor -%}{{ '<｜tool▁call▁begin｜>' + tool['type'] + '<｜tool▁sep｜>' + tool['function']['name'] + '\\n' + '```json' + '\\n' + tool['function']['arguments'] + '\\n' + '```' }}",
        // Tools whose names have two underscores
        "{{ 'mcp__' ~ server ~ '__' ~ tool.name }}{{ tool.name.split('__')[1] }}{{ names|join('__') }}{{ message.name|replace('_', ' ')|title }}",
        // Attributes by a filter
        "{{ message|attr('content') }}{{ messages|map(attribute='content')|join('\\n') }}{{ messages|groupby('role') }}",
        // Go templates, as Ollama has them
        "{{- if .System }}<|start|>{{ .System }}<|end|>{{ end }}{{ range $i, $_ := .Messages }}{{- $last := eq (len (slice $.Messages $i)) 1 }}{{ .Content }}{{ end }}",
        // A variable called as one of Jinja's own
        "{% set cycler = namespace(value=1) %}{{ cycler.value }}{% macro show(joiner, open) %}{{ joiner.name }}{{ open(1) }}{% endmacro %}{{ cycle('a', 'b') }}{% set comma = joiner(', ') %}{{ comma() }}",
        "no template at all, with { braces } and 100 % signs",
        "",
    ];
    for template in templates {
        assert_eq!(reaches(template, Purpose::Chat), [""; 0], "{template}");
        assert_eq!(reaches(template, Purpose::Any), [""; 0], "{template}");
    }
}

#[test]
fn other_templates_may_name_python() {
    let templates = [
        "{% if function.name == '__init__' %}{{ class.members['__init__'].parameters }}{% endif %}",
        "{{ version.__version__ }}{{ func.__name__ }}{{ func.__doc__ }}",
        "{% include 'partials/' ~ name ~ '.html' %}{% import 'macros.j2' as m %}",
        "{{ hostvars[inventory_hostname]['ansible_' ~ iface]['ipv4'] }}{{ lookup('env', 'HOME') }}",
        "{{ request.args.get('q') }}{{ request.path }}",
    ];
    for template in templates {
        assert_eq!(reaches(template, Purpose::Any), [""; 0], "{template}");
    }
}

#[test]
fn a_place_is_shown_with_what_it_reaches() {
    let template = "Hello {{ lipsum.__globals__['os'] }}";
    let (injections, _) = injections(template, Purpose::Chat);
    let shown = "the attributes of `lipsum` in `{{ lipsum.__globals__['os'] }}`";
    assert_eq!(injections[0].subject, shown);
    assert_eq!(&template[injections[0].start..injections[0].end], "{{ lipsum.__globals__['os'] }}");
}

/// A name behind so much else that not all of it is kept.
#[test]
fn names_behind_much_else_are_no_names_that_are_known() {
    let (letters, items) = ("x".repeat(256), "'',".repeat(256));
    let long = "x".repeat(5_000);
    for template in [
        format!("{{% set a %}}{letters}__globals__{{% endset %}}{{{{ messages[a[256:]] }}}}"),
        format!("{{% set a %}}{long}__globals__{{% endset %}}{{{{ messages[a[5000:]] }}}}"),
        format!("{{% set a = '{long}__glo' ~ 'bals__' %}}{{{{ messages[a[5000:]] }}}}"),
        format!("{{{{ messages[[{items}'__glo','bals__']|join] }}}}"),
        format!("{{{{ messages[['{long}','__glo','bals__'][1:]|join] }}}}"),
        format!("{{% set a = [{items}'__glo','bals__'] %}}{{{{ messages[a[256] ~ a[-1]] }}}}"),
        format!("{{% set a = [{items}'__glo','bals__'][2:] %}}{{{{ messages[a|join] }}}}"),
    ] {
        assert_ne!(reaches(&template, Purpose::Chat), [""; 0], "{template}");
        assert_ne!(reaches(&template, Purpose::Any), [""; 0], "{template}");
    }
}

#[test]
fn honest_blocks_of_text_are_quiet() {
    for template in [
        "{% set role %}{% if m.role == 'user' %}human{% else %}ai{% endif %}{% endset %}{{ names[role] }}",
        "{% set text %}{{ m.content }}{% endset %}{{ names[text] }}{{ text[:10] }}",
        "{% set text %}{% raw %}{{ x }}{% endraw %}{% endset %}{{ text }}",
    ] {
        assert_eq!(reaches(template, Purpose::Chat), [""; 0], "{template}");
    }
}

/// Not each of the uses copies the text: that would be hundreds of gigabytes.
#[test]
fn long_texts_are_not_copied_wherever_they_are_used() {
    let long = "x".repeat(8_000_000);
    let template = format!("{{% set a = '{long}' %}}{}", "{{ a }}{{ a|list }}".repeat(50_000));
    assert_eq!(reaches(&template, Purpose::Chat), [""; 0]);
    let replaced = format!("{{% set a = '{}' %}}{}", "x".repeat(4_000), "{{ a|replace('x', a) }}".repeat(1_000));
    assert_eq!(reaches(&replaced, Purpose::Chat), [""; 0]);
}

#[test]
fn hostile_templates_end_soon() {
    let deep = format!("{{{{ {}x{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(!injections(&deep, Purpose::Chat).1);
    let wide = format!("{{{{ {} }}}}", "'a'~".repeat(200_000));
    assert!(!injections(&wide, Purpose::Chat).1);
    let mut growing = "{% set a = ['x', 'y'] %}".to_owned();
    for _ in 0..2_000 {
        growing.push_str("{% set a = [a, a, a, a] + a * 9 ~ a %}{{ a[::-1]|join(a)|list }}");
    }
    let (found, _) = injections(&growing, Purpose::Chat);
    assert_eq!(found, []);
    for open in
        ["{{", "{%", "{#", "{% raw %}", "{{ '", "{{ x[", "{% set", "{{ x|", "{{ x.", "{% for", "{{ '\\x", "{{ '\\N{"]
    {
        assert!(injections(&open.repeat(20_000), Purpose::Chat).0.is_empty(), "{open}");
    }
}

/// A loop that takes no token would never end, so every short sequence of tokens is tried behind an open call.
#[test]
fn every_sequence_of_four_tokens_comes_to_an_end() {
    const TOKENS: [&str; 18] =
        ["*", "**", "(", ")", "[", "]", "{", "}", ",", ":", ".", "|", "=", "-", "x", "not", "if", "'a'"];
    for first in TOKENS {
        for second in TOKENS {
            for third in TOKENS {
                for fourth in TOKENS {
                    let template = format!("{{{{ f({first} {second} {third} {fourth} }}}}");
                    assert!(injections(&template, Purpose::Any).0.len() < 5, "{template}");
                }
            }
        }
    }
}
