//! URI templates (RFC 6570): all operators, texts and lists. Not the associative arrays of level 4, which
//! ERP5 has no place for.

use crate::address::encode;

/// Why a text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// A brace without its counterpart.
    #[error("a brace of the URI template is not closed")]
    Brace,
    /// A variable without a name, or a name or prefix that is none.
    #[error("a variable of the URI template has no proper name")]
    Name,
    /// One of the operators that are reserved (RFC 6570 §2.2).
    #[error("the URI template has an operator that does not exist")]
    Operator,
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Expression(&'static Operator, Vec<Variable>),
}

/// How an operator writes (RFC 6570, appendix A).
#[derive(Debug, PartialEq, Eq)]
struct Operator {
    sign: Option<char>,
    first: &'static str,
    separator: &'static str,
    /// Names are written, with this after those of empty values.
    named: Option<&'static str>,
    /// Reserved characters stay.
    is_open: bool,
}

const fn operator(
    sign: Option<char>,
    first: &'static str,
    separator: &'static str,
    named: Option<&'static str>,
    is_open: bool,
) -> Operator {
    Operator {
        sign,
        first,
        separator,
        named,
        is_open,
    }
}

static OPERATORS: [Operator; 8] = [
    operator(None, "", ",", None, false),
    operator(Some('+'), "", ",", None, true),
    operator(Some('#'), "#", ",", None, true),
    operator(Some('.'), ".", ".", None, false),
    operator(Some('/'), "/", "/", None, false),
    operator(Some(';'), ";", ";", Some(""), false),
    operator(Some('?'), "?", "&", Some("="), false),
    operator(Some('&'), "&", "&", Some("="), false),
];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Variable {
    name: String,
    explode: bool,
    prefix: Option<usize>,
}

/// What a variable stands for; an empty list is as good as none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filling {
    /// One text.
    Text(String),
    /// Several.
    List(Vec<String>),
}

impl Template {
    /// Reads a template.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            parts.push(Part::Literal(rest[..open].to_owned()));
            let inner = rest[open..].strip_prefix('{').ok_or(Error::Brace)?;
            let close = inner.find('}').ok_or(Error::Brace)?;
            parts.push(expression(&inner[..close])?);
            rest = &inner[close + 1..];
        }
        parts.push(Part::Literal(rest.to_owned()));
        Ok(Self { parts })
    }

    /// Whether it has a variable of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Expression(_, variables) => variables.iter().any(|own| own.name == name),
            Part::Literal(_) => false,
        })
    }

    /// Writes it out.
    pub(crate) fn expand<'f>(&self, fill: impl Fn(&str) -> Option<&'f Filling>) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => encode_open(text, &mut out),
                Part::Expression(operator, variables) => {
                    expand(operator, variables, &fill, &mut out);
                }
            }
        }
        out
    }
}

fn expression(text: &str) -> Result<Part, Error> {
    let first = text.chars().next().ok_or(Error::Name)?;
    if "=,!@|".contains(first) {
        return Err(Error::Operator);
    }
    let signed = OPERATORS.iter().find(|known| known.sign == Some(first));
    let names = text.strip_prefix(|c| signed.is_some() && c == first);
    let variables = names.unwrap_or(text).split(',').map(variable);
    Ok(Part::Expression(
        signed.unwrap_or(&OPERATORS[0]),
        variables.collect::<Result<_, _>>()?,
    ))
}

fn variable(text: &str) -> Result<Variable, Error> {
    let (text, explode) = text
        .strip_suffix('*')
        .map_or((text, false), |name| (name, true));
    let (name, prefix) = match text.split_once(':') {
        Some((name, length)) => (name, Some(length.parse().map_err(|_| Error::Name)?)),
        None => (text, None),
    };
    let is_proper = |c: char| c.is_ascii_alphanumeric() || "_.%".contains(c);
    if name.is_empty() || !name.chars().all(is_proper) {
        return Err(Error::Name);
    }
    Ok(Variable {
        name: name.to_owned(),
        explode,
        prefix,
    })
}

fn expand<'f>(
    operator: &Operator,
    variables: &[Variable],
    fill: &impl Fn(&str) -> Option<&'f Filling>,
    out: &mut String,
) {
    let mut lead = operator.first;
    for variable in variables {
        let texts: &[String] = match fill(&variable.name) {
            Some(Filling::Text(text)) => std::slice::from_ref(text),
            Some(Filling::List(list)) => list,
            None => &[],
        };
        for (at, text) in texts.iter().enumerate() {
            let is_next = at > 0 && !variable.explode;
            out.push_str(if is_next { "," } else { lead });
            lead = operator.separator;
            if !is_next {
                name(operator, variable, texts.len() == 1 && text.is_empty(), out);
            }
            let text = variable
                .prefix
                .map_or(text.as_str(), |length| start(text, length));
            if operator.is_open {
                encode_open(text, out);
            } else {
                encode(text, out);
            }
        }
    }
}

fn name(operator: &Operator, variable: &Variable, is_empty: bool, out: &mut String) {
    if let Some(of_empty) = operator.named {
        out.push_str(&variable.name);
        out.push_str(if is_empty { of_empty } else { "=" });
    }
}

/// The first characters of a text.
fn start(text: &str, length: usize) -> &str {
    let end = text.char_indices().nth(length);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Reserved characters and what is encoded already stay (RFC 6570 §3.2.1).
fn encode_open(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if is_triplet(rest) { 3 } else { c.len_utf8() };
        if length == 3 && c == '%' || ":/?#[]@!$&'()*+,;=".contains(c) {
            out.push_str(&rest[..length]);
        } else {
            encode(&rest[..length], out);
        }
        rest = &rest[length..];
    }
}

fn is_triplet(text: &str) -> bool {
    let digits = text.strip_prefix('%').map(str::as_bytes);
    let two = digits.and_then(|digits| digits.get(..2));
    two.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of RFC 6570 §3.2, associative arrays left out.
    fn filling(name: &str) -> Option<Filling> {
        let text = |text: &str| Some(Filling::Text(text.to_owned()));
        let list = |list: &[&str]| {
            Some(Filling::List(
                list.iter().map(|text| (*text).to_owned()).collect(),
            ))
        };
        match name {
            "count" => list(&["one", "two", "three"]),
            "dom" => list(&["example", "com"]),
            "dub" => text("me/too"),
            "hello" => text("Hello World!"),
            "half" => text("50%"),
            "var" => text("value"),
            "who" => text("fred"),
            "base" => text("http://example.com/home/"),
            "path" => text("/foo/bar"),
            "list" => list(&["red", "green", "blue"]),
            "v" => text("6"),
            "x" => text("1024"),
            "y" => text("768"),
            "empty" => text(""),
            "no_list" => list(&[]),
            _ => None,
        }
    }

    fn expand(template: &str) -> Result<String, Error> {
        let names = [
            "count", "dom", "dub", "hello", "half", "var", "who", "base", "path", "list", "v", "x",
            "y", "empty", "no_list",
        ];
        let known: Vec<_> = names.map(|name| (name, filling(name))).into();
        let find = |name: &str| known.iter().find(|(own, _)| *own == name)?.1.as_ref();
        Template::parse(template).map(|template| template.expand(find))
    }

    /// RFC 6570 §3.2.1 to §3.2.9.
    #[rustfmt::skip]
    const EXAMPLES: &[(&str, &str)] = &[
        ("{count}", "one,two,three"), ("{count*}", "one,two,three"),
        ("{/count}", "/one,two,three"), ("{/count*}", "/one/two/three"),
        ("{;count}", ";count=one,two,three"), ("{;count*}", ";count=one;count=two;count=three"),
        ("{?count}", "?count=one,two,three"), ("{?count*}", "?count=one&count=two&count=three"),
        ("{&count*}", "&count=one&count=two&count=three"),
        ("{var}", "value"), ("{hello}", "Hello%20World%21"), ("{half}", "50%25"),
        ("O{empty}X", "OX"), ("O{undef}X", "OX"), ("{x,y}", "1024,768"),
        ("{x,hello,y}", "1024,Hello%20World%21,768"), ("?{x,empty}", "?1024,"),
        ("?{x,undef}", "?1024"), ("?{undef,y}", "?768"), ("{var:3}", "val"), ("{var:30}", "value"),
        ("{list}", "red,green,blue"), ("{list*}", "red,green,blue"),
        ("{+var}", "value"), ("{+hello}", "Hello%20World!"), ("{+half}", "50%25"),
        ("{base}index", "http%3A%2F%2Fexample.com%2Fhome%2Findex"),
        ("{+base}index", "http://example.com/home/index"), ("O{+empty}X", "OX"),
        ("{+path}/here", "/foo/bar/here"), ("here?ref={+path}", "here?ref=/foo/bar"),
        ("up{+path}{var}/here", "up/foo/barvalue/here"), ("{+x,hello,y}", "1024,Hello%20World!,768"),
        ("{+path,x}/here", "/foo/bar,1024/here"), ("{+path:6}/here", "/foo/b/here"),
        ("{#var}", "#value"), ("{#hello}", "#Hello%20World!"), ("foo{#empty}", "foo#"),
        ("foo{#undef}", "foo"), ("{#x,hello,y}", "#1024,Hello%20World!,768"),
        ("{#path,x}/here", "#/foo/bar,1024/here"), ("{#list*}", "#red,green,blue"),
        ("{.who}", ".fred"), ("{.who,who}", ".fred.fred"), ("{.half,who}", ".50%25.fred"),
        ("www{.dom*}", "www.example.com"), ("X{.var}", "X.value"), ("X{.empty}", "X."),
        ("X{.undef}", "X"), ("X{.list}", "X.red,green,blue"), ("X{.list*}", "X.red.green.blue"),
        ("{/who}", "/fred"), ("{/who,who}", "/fred/fred"), ("{/half,who}", "/50%25/fred"),
        ("{/who,dub}", "/fred/me%2Ftoo"), ("{/var,empty}", "/value/"), ("{/var,undef}", "/value"),
        ("{/var,x}/here", "/value/1024/here"), ("{/var:1,var}", "/v/value"),
        ("{;who}", ";who=fred"), ("{;half}", ";half=50%25"), ("{;empty}", ";empty"),
        ("{;v,empty,who}", ";v=6;empty;who=fred"), ("{;v,bar,who}", ";v=6;who=fred"),
        ("{;hello:5}", ";hello=Hello"), ("{;list*}", ";list=red;list=green;list=blue"),
        ("{?who}", "?who=fred"), ("{?half}", "?half=50%25"), ("{?x,y}", "?x=1024&y=768"),
        ("{?x,y,empty}", "?x=1024&y=768&empty="), ("{?x,y,undef}", "?x=1024&y=768"),
        ("{?var:3}", "?var=val"), ("{?list*}", "?list=red&list=green&list=blue"),
        ("{&who}", "&who=fred"), ("?fixed=yes{&x}", "?fixed=yes&x=1024"),
        ("{&x,y,empty}", "&x=1024&y=768&empty="), ("{&list}", "&list=red,green,blue"),
        ("{?no_list*,x}", "?x=1024"),
    ];

    #[test]
    fn the_examples_of_the_rfc_expand_as_it_says() {
        for (template, expected) in EXAMPLES {
            assert_eq!(expand(template).as_deref(), Ok(*expected), "{template}");
        }
    }

    #[test]
    fn literals_are_encoded_where_a_url_has_no_such_character() {
        assert_eq!(expand("/é x%20{v}").as_deref(), Ok("/%C3%A9%20x%206"));
        assert_eq!(expand("100%").as_deref(), Ok("100%25"));
    }

    #[test]
    fn broken_templates_are_refused() {
        let table = [
            ("{x", Error::Brace),
            ("x}", Error::Brace),
            ("{}", Error::Name),
            ("{?}", Error::Name),
            ("{x,}", Error::Name),
            ("{a b}", Error::Name),
            ("{x:é}", Error::Name),
            ("{|x}", Error::Operator),
        ];
        for (template, error) in table {
            assert_eq!(expand(template), Err(error), "{template}");
        }
    }

    #[test]
    fn variables_are_known_by_name() {
        let template = Template::parse("/x{?query,limit*}").unwrap();
        assert!(template.has("limit") && !template.has("x"));
    }
}
