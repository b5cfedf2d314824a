//! SOQL as text to SOQL as a value: the part of the language that asks about permissions, users and
//! apps.
//!
//! What it means is left to `query`.

use super::refusal::{Refusal, refuse};
use super::time::period;

/// Some time, to see whether a word is the name of a period.
const LONG_AFTER: u64 = 1_000_000_000_000;

/// How many rows a query may skip (S 12.3).
const MOST_SKIPPED: usize = 2000;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) select: Vec<Item>,
    pub(crate) object: String,
    /// Where the object's name stands, for errors.
    pub(crate) object_at: usize,
    pub(crate) condition: Option<Condition>,
    /// What rows are put together by.
    pub(crate) group: Vec<Path>,
    pub(crate) order: Vec<Order>,
    pub(crate) limit: Option<usize>,
    pub(crate) offset: usize,
}

/// A field path with the place where it stands: `Parent.Profile.Name`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    pub(crate) names: Vec<String>,
    pub(crate) at: usize,
}

/// One thing selected.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// A field, with its alias, which only a grouped query may have.
    Field(Path, Option<String>),
    /// `COUNT()`.
    Count,
    /// `COUNT(Id)`, with its alias.
    Aggregate(Function, Path, Option<String>),
    /// Rows below the row: a query whose object is the name of a relationship.
    Below(Box<Query>),
}

/// What is made of the values of many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    CountDistinct,
    Least,
    Greatest,
}

impl Function {
    fn of(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "COUNT" => Some(Self::Count),
            "COUNT_DISTINCT" => Some(Self::CountDistinct),
            "MIN" => Some(Self::Least),
            "MAX" => Some(Self::Greatest),
            _ => None,
        }
    }
}

/// A sorting key.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    /// A field, or in a grouped query a function.
    pub(crate) item: Item,
    pub(crate) descending: bool,
    pub(crate) nulls_last: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Compare(Path, Operator, Literal),
    In { path: Path, negated: bool, values: Vec<Literal> },
    InQuery { path: Path, negated: bool, query: Box<Query> },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

/// A value in a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    /// A date or date and time, as written.
    Time(String),
    /// A period by its name, such as `LAST_N_DAYS:7`.
    Period(String),
}

pub(crate) fn parse(text: &str) -> Result<Query, Refusal> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let query = parser.query()?;
    match parser.tokens.get(parser.at) {
        None => Ok(query),
        Some(token) => Err(unexpected(token)),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Word(String),
    Text(String),
    Symbol(&'static str),
}

#[derive(Clone, Debug, PartialEq)]
struct Token {
    kind: Kind,
    at: usize,
}

const SYMBOLS: &[&str] = &["!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", ","];

fn malformed(message: impl Into<String>) -> Refusal {
    refuse("MALFORMED_QUERY", message)
}

fn unexpected(token: &Token) -> Refusal {
    malformed(match &token.kind {
        Kind::Word(word) => format!("unexpected token: '{word}'"),
        Kind::Text(text) => format!("unexpected token: '{text}'"),
        Kind::Symbol(symbol) => format!("unexpected token: '{symbol}'"),
    })
}

fn tokens(text: &str) -> Result<Vec<Token>, Refusal> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let byte = bytes[at];
        if byte.is_ascii_whitespace() {
            at += 1;
        } else if byte == b'\'' {
            let (value, end) = quoted(text, at)?;
            at = end;
            out.push(Token { kind: Kind::Text(value), at: start });
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| text[at..].starts_with(**symbol))
        {
            at += symbol.len();
            out.push(Token { kind: Kind::Symbol(symbol), at: start });
        } else if byte.is_ascii_alphanumeric() || b"_-+".contains(&byte) {
            while at < bytes.len()
                && (bytes[at].is_ascii_alphanumeric() || b"_.:+-".contains(&bytes[at]))
            {
                at += 1;
            }
            out.push(Token { kind: Kind::Word(text[start..at].to_owned()), at: start });
        } else {
            return Err(malformed(format!(
                "unexpected char: '{}'",
                text[at..].chars().next().unwrap_or(' ')
            )));
        }
    }
    Ok(out)
}

fn quoted(text: &str, start: usize) -> Result<(String, usize), Refusal> {
    let mut value = String::new();
    let mut characters = text[start + 1..].char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\'' => return Ok((value, start + 1 + at + 1)),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 'r')) => value.push('\r'),
                Some((_, 't')) => value.push('\t'),
                Some((_, other)) => {
                    // Kept with its backslash where LIKE gives it a meaning.
                    if matches!(other, '_' | '%') {
                        value.push('\\');
                    }
                    value.push(other);
                }
                None => break,
            },
            other => value.push(other),
        }
    }
    Err(malformed("unexpected char: '''"))
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn query(&mut self) -> Result<Query, Refusal> {
        self.keyword("SELECT")?;
        let mut select = vec![self.item()?];
        while self.symbol(",") {
            select.push(self.item()?);
        }
        self.keyword("FROM")?;
        let (object, object_at) = self.name()?;
        let condition = if self.word("WHERE") { Some(self.condition()?) } else { None };
        let mut group = Vec::new();
        if self.word("GROUP") {
            self.keyword("BY")?;
            loop {
                let (name, at) = self.name()?;
                group.push(path(&name, at));
                if !self.symbol(",") {
                    break;
                }
            }
        }
        let mut order = Vec::new();
        if self.word("ORDER") {
            self.keyword("BY")?;
            loop {
                order.push(self.order()?);
                if !self.symbol(",") {
                    break;
                }
            }
        }
        let limit = if self.word("LIMIT") { Some(self.count()?) } else { None };
        let offset = if self.word("OFFSET") { self.count()? } else { 0 };
        if offset > MOST_SKIPPED {
            let words = format!("Maximum SOQL offset allowed is {MOST_SKIPPED}");
            return Err(refuse("NUMBER_OUTSIDE_VALID_RANGE", words));
        }
        Ok(Query { select, object, object_at, condition, group, order, limit, offset })
    }

    fn item(&mut self) -> Result<Item, Refusal> {
        let item = self.bare_item()?;
        let alias = match self.tokens.get(self.at) {
            Some(Token { kind: Kind::Word(word), .. }) if !word.eq_ignore_ascii_case("FROM") => {
                let alias = word.clone();
                self.at += 1;
                Some(alias)
            }
            _ => None,
        };
        Ok(match item {
            Item::Field(path, _) => Item::Field(path, alias),
            Item::Aggregate(function, path, _) => Item::Aggregate(function, path, alias),
            Item::Count | Item::Below(_) if alias.is_some() => return Err(self.wrong()),
            item @ (Item::Count | Item::Below(_)) => item,
        })
    }

    /// A query in the list of what is selected; it cannot hold another.
    fn below(&mut self) -> Result<Item, Refusal> {
        let at = self.at;
        let query = self.query()?;
        self.expect(")")?;
        if query.select.iter().any(|item| matches!(item, Item::Below(_))) {
            return Err(self.tokens.get(at).map_or_else(|| self.wrong(), unexpected));
        }
        Ok(Item::Below(Box::new(query)))
    }

    /// A field or a function, without an alias.
    fn bare_item(&mut self) -> Result<Item, Refusal> {
        if self.symbol("(") {
            self.depth += 1;
            if self.depth > 32 {
                return Err(malformed("the query is nested too deeply"));
            }
            let item = self.below()?;
            self.depth -= 1;
            return Ok(item);
        }
        let (name, at) = self.name()?;
        if !self.symbol("(") {
            return Ok(Item::Field(path(&name, at), None));
        }
        let function =
            Function::of(&name).ok_or_else(|| malformed(format!("unexpected token: '{name}'")))?;
        if function == Function::Count && self.symbol(")") {
            return Ok(Item::Count);
        }
        let (field, at) = self.name()?;
        self.expect(")")?;
        Ok(Item::Aggregate(function, path(&field, at), None))
    }

    fn order(&mut self) -> Result<Order, Refusal> {
        let item = self.bare_item()?;
        let descending = if self.word("DESC") {
            true
        } else {
            self.word("ASC");
            false
        };
        let mut nulls_last = false;
        if self.word("NULLS") {
            nulls_last = self.word("LAST");
            if !nulls_last {
                self.keyword("FIRST")?;
            }
        }
        Ok(Order { item, descending, nulls_last })
    }

    fn condition(&mut self) -> Result<Condition, Refusal> {
        self.depth += 1;
        if self.depth > 32 {
            return Err(malformed("the condition is nested too deeply"));
        }
        let first = self.term()?;
        let mut parts = vec![first];
        // SOQL refuses AND beside OR without brackets, so one word rules the level.
        let condition = if self.word("AND") {
            parts.push(self.term()?);
            while self.word("AND") {
                parts.push(self.term()?);
            }
            Condition::And(parts)
        } else if self.word("OR") {
            parts.push(self.term()?);
            while self.word("OR") {
                parts.push(self.term()?);
            }
            Condition::Or(parts)
        } else {
            parts.remove(0)
        };
        self.depth -= 1;
        match self.tokens.get(self.at) {
            Some(token) if matches!(&token.kind, Kind::Word(word) if word.eq_ignore_ascii_case("AND") || word.eq_ignore_ascii_case("OR")) => {
                Err(unexpected(token))
            }
            _ => Ok(condition),
        }
    }

    fn term(&mut self) -> Result<Condition, Refusal> {
        if self.symbol("(") {
            let condition = self.condition()?;
            self.expect(")")?;
            return Ok(condition);
        }
        if self.word("NOT") {
            self.depth += 1;
            if self.depth > 32 {
                return Err(malformed("the condition is nested too deeply"));
            }
            let term = self.term()?;
            self.depth -= 1;
            return Ok(Condition::Not(Box::new(term)));
        }
        let (name, at) = self.name()?;
        let path = path(&name, at);
        let negated = self.word("NOT");
        if negated || self.peek("IN") {
            self.keyword("IN")?;
            self.expect("(")?;
            if self.peek("SELECT") {
                let query = self.query()?;
                self.expect(")")?;
                return Ok(Condition::InQuery { path, negated, query: Box::new(query) });
            }
            let mut values = vec![self.literal()?];
            while self.symbol(",") {
                values.push(self.literal()?);
            }
            self.expect(")")?;
            return Ok(Condition::In { path, negated, values });
        }
        let operator = self.operator()?;
        Ok(Condition::Compare(path, operator, self.literal()?))
    }

    fn operator(&mut self) -> Result<Operator, Refusal> {
        if self.word("LIKE") {
            return Ok(Operator::Like);
        }
        for (symbol, operator) in [
            ("=", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<>", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ] {
            if self.symbol(symbol) {
                return Ok(operator);
            }
        }
        Err(self.wrong())
    }

    fn literal(&mut self) -> Result<Literal, Refusal> {
        let Some(token) = self.tokens.get(self.at) else {
            return Err(self.wrong());
        };
        let literal = match &token.kind {
            Kind::Text(text) => Literal::Text(text.clone()),
            Kind::Word(word) if word.eq_ignore_ascii_case("null") => Literal::Null,
            Kind::Word(word) if word.eq_ignore_ascii_case("true") => Literal::Flag(true),
            Kind::Word(word) if word.eq_ignore_ascii_case("false") => Literal::Flag(false),
            Kind::Word(word) => match word.parse::<f64>() {
                Ok(number) => Literal::Number(number),
                Err(_) if word.as_bytes().first().is_some_and(u8::is_ascii_digit) => {
                    Literal::Time(word.clone())
                }
                Err(_) if period(word, LONG_AFTER).is_some() => Literal::Period(word.clone()),
                Err(_) => return Err(unexpected(token)),
            },
            Kind::Symbol(_) => return Err(unexpected(token)),
        };
        self.at += 1;
        Ok(literal)
    }

    fn name(&mut self) -> Result<(String, usize), Refusal> {
        match self.tokens.get(self.at) {
            Some(Token { kind: Kind::Word(word), at }) => {
                self.at += 1;
                Ok((word.clone(), *at))
            }
            _ => Err(self.wrong()),
        }
    }

    fn count(&mut self) -> Result<usize, Refusal> {
        let (word, _) = self.name()?;
        word.parse().map_err(|_| malformed(format!("unexpected token: '{word}'")))
    }

    fn peek(&self, keyword: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token { kind: Kind::Word(word), .. }) if word.eq_ignore_ascii_case(keyword))
    }

    fn word(&mut self, keyword: &str) -> bool {
        let found = self.peek(keyword);
        if found {
            self.at += 1;
        }
        found
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), Refusal> {
        if self.word(keyword) { Ok(()) } else { Err(self.wrong()) }
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token { kind: Kind::Symbol(found), .. }) if *found == symbol);
        if found {
            self.at += 1;
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Refusal> {
        if self.symbol(symbol) { Ok(()) } else { Err(self.wrong()) }
    }

    fn wrong(&self) -> Refusal {
        match self.tokens.get(self.at) {
            Some(token) => unexpected(token),
            None => malformed("unexpected token: '<EOF>'"),
        }
    }
}

fn path(name: &str, at: usize) -> Path {
    Path { names: name.split('.').map(str::to_owned).collect(), at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read() {
        let query = parse(
            "select Id, Parent.Profile.Name from SetupEntityAccess where (SetupEntityType = \
             'ConnectedApplication' or ParentId in ('a', 'b')) and not Parent.IsOwnedByProfile = \
             true order by Id desc nulls last limit 5 offset 2",
        )
        .unwrap();
        assert_eq!(query.object, "SetupEntityAccess");
        assert_eq!((query.limit, query.offset), (Some(5), 2));
        assert!(matches!(query.condition, Some(Condition::And(parts)) if parts.len() == 2));
        assert!(query.order[0].descending && query.order[0].nulls_last);
        let query = parse(
            "SELECT Profile.Name p, COUNT(Id) n, MAX(CreatedDate) FROM User GROUP BY Profile.Name \
             ORDER BY COUNT(Id) DESC",
        )
        .unwrap();
        assert_eq!(query.group[0].names, ["Profile", "Name"]);
        assert!(matches!(&query.select[0], Item::Field(_, Some(alias)) if alias == "p"));
        assert!(matches!(&query.select[2], Item::Aggregate(Function::Greatest, _, None)));
        assert!(matches!(&query.order[0].item, Item::Aggregate(Function::Count, ..)));
    }

    #[test]
    fn quotes_and_counts_are_read() {
        let query =
            parse(r"SELECT COUNT() FROM User WHERE Name = 'O\'Neil' AND Id > '005'").unwrap();
        assert_eq!(query.select, [Item::Count]);
        let Some(Condition::And(parts)) = query.condition else {
            panic!("two conditions");
        };
        assert!(
            matches!(&parts[0], Condition::Compare(_, Operator::Equal, Literal::Text(text)) if text == "O'Neil")
        );
    }

    #[test]
    fn broken_queries_are_refused() {
        for broken in [
            "",
            "SELECT",
            "SELECT Id User",
            "SELECT Id FROM",
            "SELECT Id FROM User WHERE",
            "SELECT Id FROM User WHERE Name = 'x",
            "SELECT Id FROM User WHERE Name = x",
            "SELECT Id FROM User WHERE A = 1 AND B = 2 OR C = 3",
            "SELECT Id FROM User GROUP BY",
            "SELECT Id User FROM",
            "SELECT COUNT() n FROM User",
            "SELECT SUM(Id) FROM User",
            "SELECT FIELDS(ALL) FROM User",
            "SELECT Id FROM User;",
            "SELECT (SELECT Id FROM A) n FROM User",
            "SELECT (SELECT (SELECT Id FROM A) FROM B) FROM User",
            "SELECT (SELECT Id FROM A FROM User",
        ] {
            assert_eq!(parse(broken).unwrap_err().code, "MALFORMED_QUERY", "{broken}");
        }
        let far = parse("SELECT Id FROM User LIMIT 1 OFFSET 2001").unwrap_err();
        assert_eq!(far.code, "NUMBER_OUTSIDE_VALID_RANGE");
        let deep = format!("SELECT Id FROM User WHERE {}A = 1", "(".repeat(5000));
        parse(&deep).unwrap_err();
        parse(&"SELECT (".repeat(5000)).unwrap_err();
        parse(&format!("SELECT Id FROM User WHERE {}A = 1", "NOT ".repeat(5000))).unwrap_err();
    }
}
