//! The part of Python's pickle language that state dictionaries and TorchScript modules use, as data.
//!
//! Globals and calls are kept as inert values; nothing is imported or run. Unknown instructions end
//! the reading with an error, and stack and memo are bounded by the length of the input.

/// A value on the machine's stack.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float,
    /// An integer too long for 64 bits, little-endian two's complement.
    Long(Vec<u8>),
    Text(String),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// `module.name`, not imported.
    Global(String),
    /// A persistent id.
    Persistent(Box<Value>),
    /// A call that was not made.
    Call {
        function: String,
        arguments: Vec<Value>,
    },
    /// An instance that was not made, with its attributes.
    Object(Vec<(Value, Value)>),
    /// What no description of a tensor has: bytes, sets, containers that are met again.
    Other,
    Mark,
}

impl Value {
    pub(crate) fn as_size(&self) -> Option<usize> {
        match self {
            Self::Int(n) => usize::try_from(*n).ok(),
            _ => None,
        }
    }

    pub(crate) fn as_sizes(&self) -> Option<Vec<usize>> {
        match self {
            Self::Tuple(items) => items.iter().map(Self::as_size).collect(),
            _ => None,
        }
    }
}

/// Memo entries copy their value; an honest file's are small. This bounds a hostile one's.
const MAX_NODES: usize = 2_000_000;
/// CLIP's transformers have six modules in each other and four values in a tensor.
const MAX_DEPTH: usize = 16;
const TOO_MANY: &str = "more values than any state dictionary has";

/// Reads pickle after pickle from one buffer.
pub(crate) struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: usize,
    /// All persistent ids that were met.
    pub(crate) ids: Vec<Value>,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            nodes: 0,
            ids: Vec::new(),
        }
    }

    /// What follows the last pickle.
    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let end = self
            .at
            .checked_add(length)
            .filter(|&e| e <= self.bytes.len());
        let end = end.ok_or("cut short")?;
        let slice = &self.bytes[self.at..end];
        self.at = end;
        Ok(slice)
    }

    fn byte(&mut self) -> Result<usize, String> {
        Ok(usize::from(self.take(1)?[0]))
    }

    fn u16(&mut self) -> Result<u16, String> {
        let b = self.take(2)?;
        Ok(u16::from_le_bytes([b[0], b[1]]))
    }

    fn u64(&mut self) -> Result<usize, String> {
        let (word, _) = self.take(8)?.as_chunks::<8>();
        usize::try_from(u64::from_le_bytes(word[0])).map_err(|_| "cut short".into())
    }

    fn u32(&mut self) -> Result<u32, String> {
        let b = self.take(4)?;
        Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn line(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let end = rest.iter().take(4096).position(|&b| b == b'\n');
        let line = self.take(end.ok_or("a line without end")?)?;
        self.at += 1;
        String::from_utf8(line.to_vec()).map_err(|_| "a name that is no UTF-8".into())
    }

    fn text(&mut self, length: usize) -> Result<Value, String> {
        let text = std::str::from_utf8(self.take(length)?);
        Ok(Value::Text(
            text.map_err(|_| "a text that is no UTF-8")?.into(),
        ))
    }

    /// Runs one pickle to its end and returns its value.
    pub(crate) fn load(&mut self) -> Result<Value, String> {
        let mut stack = Stack::default();
        loop {
            let code = self.take(1)?[0];
            if code == b'.' {
                return stack.pop();
            }
            self.nodes += 1;
            if self.nodes > MAX_NODES {
                return Err(TOO_MANY.into());
            }
            self.step(code, &mut stack)?;
        }
    }

    fn step(&mut self, code: u8, stack: &mut Stack) -> Result<(), String> {
        match code {
            0x80 => {
                self.byte()?;
            }
            b'}' => stack.push(Value::Dict(Vec::new())),
            b']' => stack.push(Value::List(Vec::new())),
            b')' => stack.push(Value::Tuple(Vec::new())),
            b'N' => stack.push(Value::None),
            b'(' => stack.push(Value::Mark),
            0x88 => stack.push(Value::Bool(true)),
            0x89 => stack.push(Value::Bool(false)),
            b'K' => {
                let n = self.byte()?;
                stack.push(Value::Int(n as i64));
            }
            b'M' => {
                let n = self.u16()?;
                stack.push(Value::Int(i64::from(n)));
            }
            b'J' => {
                let n = self.u32()?;
                stack.push(Value::Int(i64::from(n.cast_signed())));
            }
            // No tensor's description has one: its value is of no use here.
            b'G' => {
                self.take(8)?;
                stack.push(Value::Float);
            }
            0x8a => {
                let length = self.byte()?;
                let bytes = self.take(length)?.to_vec();
                stack.push(Value::Long(bytes));
            }
            b'X' | b'U' | 0x8c | 0x8d => {
                let length = match code {
                    b'X' => self.u32()? as usize,
                    0x8d => self.u64()?,
                    _ => self.byte()?,
                };
                let text = self.text(length)?;
                stack.push(text);
            }
            // Bytes.
            b'B' | b'C' | 0x8e | 0x96 => {
                let length = match code {
                    b'B' => self.u32()? as usize,
                    b'C' => self.byte()?,
                    _ => self.u64()?,
                };
                self.take(length)?;
                stack.push(Value::Other);
            }
            // The length of a frame, which reading from memory does not need.
            0x95 => {
                self.u64()?;
            }
            b'Q' => {
                stack.build(code)?;
                if let Some(Value::Persistent(id)) = stack.values.last() {
                    let id = (**id).clone();
                    self.count(&id)?;
                    self.ids.push(id);
                }
            }
            0x93 => stack.global()?,
            0x94 => {
                let key = stack.remembered;
                self.remember(stack, key)?;
            }
            b'c' => {
                let name = format!("{}.{}", self.line()?, self.line()?);
                stack.push(Value::Global(name));
            }
            b'q' => {
                let key = self.byte()?;
                self.remember(stack, key)?;
            }
            b'r' => {
                let key = self.u32()? as usize;
                self.remember(stack, key)?;
            }
            b'h' => {
                let key = self.byte()?;
                self.recall(stack, key)?;
            }
            b'j' => {
                let key = self.u32()? as usize;
                self.recall(stack, key)?;
            }
            _ => stack.build(code)?,
        }
        Ok(())
    }

    fn remember(&mut self, stack: &mut Stack, key: usize) -> Result<(), String> {
        // Containers are filled after they are remembered, and those that tensors are looked for in are
        // not recalled: only leaves, tuples, globals and tensors, which modules may share, are worth a
        // copy.
        let value = match stack.values.last().ok_or("an empty stack")? {
            Value::Dict(_) | Value::List(_) | Value::Object(_) => Value::Other,
            value => value.clone(),
        };
        stack.remembered += 1;
        self.count(&value)?;
        stack.memo.insert(key, value);
        Ok(())
    }

    fn recall(&mut self, stack: &mut Stack, key: usize) -> Result<(), String> {
        let value = stack.memo.get(&key).ok_or("an unknown memo entry")?.clone();
        self.count(&value)?;
        stack.push(value);
        Ok(())
    }

    fn count(&mut self, value: &Value) -> Result<(), String> {
        self.nodes = self.nodes.saturating_add(size(value));
        if self.nodes > MAX_NODES {
            return Err(TOO_MANY.into());
        }
        Ok(())
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Tuple(items) | Value::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Persistent(id) => 1 + size(id),
        Value::Text(text) | Value::Global(text) => 1 + text.len() / 64,
        Value::Call { arguments, .. } => 1 + arguments.iter().map(size).sum::<usize>(),
        Value::Dict(entries) | Value::Object(entries) => {
            1 + entries
                .iter()
                .map(|(k, v)| size(k) + size(v))
                .sum::<usize>()
        }
        _ => 1,
    }
}

#[derive(Default)]
struct Stack {
    values: Vec<Value>,
    memo: std::collections::HashMap<usize, Value>,
    /// How often something was remembered: the key of what names none.
    remembered: usize,
}

impl Stack {
    fn push(&mut self, value: Value) {
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.values.pop().ok_or_else(|| "an empty stack".into())
    }

    /// Module and name, from the stack.
    fn global(&mut self) -> Result<(), String> {
        let (Value::Text(name), Value::Text(module)) = (self.pop()?, self.pop()?) else {
            return Err("a name that is no text".into());
        };
        self.push(Value::Global(format!("{module}.{name}")));
        Ok(())
    }

    /// Everything above the last mark.
    fn pop_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.values.iter().rposition(|v| *v == Value::Mark);
        let items = self.values.split_off(mark.ok_or("no mark")? + 1);
        self.values.pop();
        Ok(items)
    }

    /// The instructions that combine values.
    fn build(&mut self, code: u8) -> Result<(), String> {
        match code {
            b't' => {
                let items = self.pop_mark()?;
                self.push_tuple(items)
            }
            0x85..=0x87 => {
                let length = usize::from(code - 0x84);
                let start = self.values.len().checked_sub(length);
                let items = self.values.split_off(start.ok_or("an empty stack")?);
                self.push_tuple(items)
            }
            b'Q' => {
                let id = self.pop()?;
                shallow(std::slice::from_ref(&id))?;
                self.push(Value::Persistent(Box::new(id)));
                Ok(())
            }
            b'R' => self.call(),
            0x81 | 0x92 => {
                if code == 0x92 {
                    self.pop()?;
                }
                let (Value::Tuple(_), Value::Global(_)) = (self.pop()?, self.pop()?) else {
                    return Err("an instance of something that is no name".into());
                };
                self.push(Value::Object(Vec::new()));
                Ok(())
            }
            // Sets.
            0x8f => {
                self.push(Value::Other);
                Ok(())
            }
            0x90 => self.pop_mark().map(drop),
            0x91 => {
                self.pop_mark()?;
                self.push(Value::Other);
                Ok(())
            }
            b'0' => self.pop().map(drop),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.insert(vec![key, value])
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.insert(items)
            }
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])
            }
            b'e' => {
                let items = self.pop_mark()?;
                self.extend(items)
            }
            // BUILD sets attributes: those of modules, and a dictionary's metadata, which we do not
            // read.
            b'b' => {
                let state = self.pop()?;
                if let (Some(Value::Object(into)), Value::Dict(entries)) =
                    (self.values.last_mut(), state)
                {
                    *into = entries;
                }
                Ok(())
            }
            _ => Err(format!("instruction {code:#04x} is not allowed")),
        }
    }

    fn push_tuple(&mut self, items: Vec<Value>) -> Result<(), String> {
        shallow(&items)?;
        self.push(Value::Tuple(items));
        Ok(())
    }

    fn call(&mut self) -> Result<(), String> {
        let (Value::Tuple(arguments), Value::Global(function)) = (self.pop()?, self.pop()?) else {
            return Err("a call of something that is no name".into());
        };
        shallow(&arguments)?;
        self.push(if function == "collections.OrderedDict" {
            Value::Dict(Vec::new())
        } else {
            Value::Call {
                function,
                arguments,
            }
        });
        Ok(())
    }

    fn insert(&mut self, items: Vec<Value>) -> Result<(), String> {
        shallow(&items)?;
        let entries = match self.values.last_mut() {
            Some(Value::Dict(entries)) => entries,
            // Dictionaries of another kind, such as those with a default.
            Some(Value::Call { .. } | Value::Object(_)) => return Ok(()),
            _ => return Err("entries without a dictionary".into()),
        };
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        Ok(())
    }

    fn extend(&mut self, items: Vec<Value>) -> Result<(), String> {
        shallow(&items)?;
        match self.values.last_mut() {
            Some(Value::List(list)) => list.extend(items),
            Some(Value::Call { .. } | Value::Object(_)) => {}
            _ => return Err("items without a list".into()),
        }
        Ok(())
    }
}

/// Refuses to build on values that are nested deeply already. Honest ones are nearly flat, or as deep
/// as a network's modules; a hostile one would exhaust the call stack when it is walked or dropped.
fn shallow(items: &[Value]) -> Result<(), String> {
    if items.iter().map(depth).max().unwrap_or(0) > MAX_DEPTH {
        return Err("values nested too deeply".into());
    }
    Ok(())
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Tuple(items) | Value::List(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Persistent(id) => 1 + depth(id),
        Value::Call { arguments, .. } => 1 + arguments.iter().map(depth).max().unwrap_or(0),
        Value::Dict(entries) | Value::Object(entries) => {
            let deepest = entries.iter().map(|(k, v)| depth(k).max(depth(v))).max();
            1 + deepest.unwrap_or(0)
        }
        _ => 0,
    }
}
