//! A real browser without a window, driven through its own protocol (Chrome DevTools), over pipes.

#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(90);

/// A browser with one tab that is driven.
pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    next: u64,
    session: String,
    _profile: TempDir,
}

/// Where a browser may be.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

impl Browser {
    /// None where none is installed, which is told.
    pub(crate) fn open() -> Option<Self> {
        let found = NAMES.into_iter().find(|name| {
            let asked = Command::new(name)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            asked.is_ok_and(|status| status.success())
        });
        let Some(name) = found else {
            eprintln!("skipped: no Chromium is installed");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The protocol's pipes are the third and fourth; here they are the first two.
        let line = format!(
            "exec {name} --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
             --user-data-dir={} --remote-debugging-pipe about:blank 3<&0 4>&1 1>/dev/null 2>/dev/null",
            profile.path().display()
        );
        let mut child = Command::new("sh")
            .args(["-c", &line])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let (tell, from) = mpsc::channel();
        thread::spawn(move || {
            let mut line = Vec::new();
            while lines.read_until(0, &mut line).is_ok_and(|n| n > 0) {
                line.pop();
                if let Ok(message) = serde_json::from_slice(&line)
                    && tell.send(message).is_err()
                {
                    return;
                }
                line.clear();
            }
        });
        let mut browser = Self {
            child,
            to,
            from,
            next: 0,
            session: String::new(),
            _profile: profile,
        };
        browser.new_tab();
        Some(browser)
    }

    /// A new tab, which is driven from now on; gives the one before.
    pub(crate) fn new_tab(&mut self) -> String {
        let before = std::mem::take(&mut self.session);
        let target = self.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attached = self.call(
            "Target.attachToTarget",
            &json!({"targetId": target["targetId"], "flatten": true}),
        );
        self.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "DOM", "Network"] {
            self.call(&format!("{domain}.enable"), &json!({}));
        }
        before
    }

    /// Drives another tab, which comes to the front; gives the one before.
    pub(crate) fn drive(&mut self, session: &str) -> String {
        let before = std::mem::replace(&mut self.session, session.to_owned());
        self.call("Page.bringToFront", &json!({}));
        before
    }

    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let mut message = json!({"id": self.next, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.as_str().into();
        }
        self.to
            .write_all(format!("{message}\0").as_bytes())
            .unwrap();
        loop {
            let mut reply = self.from.recv_timeout(PATIENCE).unwrap();
            if reply["id"] != self.next {
                continue;
            }
            assert!(reply["error"].is_null(), "{method}: {}", reply["error"]);
            return reply["result"].take();
        }
    }

    pub(crate) fn goto(&mut self, address: &str) {
        self.call("Page.navigate", &json!({ "url": address }));
        self.until("document.readyState === 'complete'");
    }

    /// The value of an expression, awaited.
    pub(crate) fn eval(&mut self, script: &str) -> Value {
        let done = self.call(
            "Runtime.evaluate",
            &json!({"expression": script, "awaitPromise": true, "returnByValue": true}),
        );
        assert!(
            done["exceptionDetails"].is_null(),
            "{script}: {}",
            done["exceptionDetails"]
        );
        done["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) fn until(&mut self, script: &str) {
        let begun = Instant::now();
        while self.eval(&format!("Boolean({script})")) != true {
            assert!(
                begun.elapsed() < PATIENCE,
                "{script} never came; the page says: {}",
                self.eval("document.body.innerText")
            );
            thread::sleep(Duration::from_millis(40));
        }
    }

    /// Gives files to a field.
    pub(crate) fn files(&mut self, field: &str, files: &[&Path]) {
        let root = self.call("DOM.getDocument", &json!({}));
        let found = self.call(
            "DOM.querySelector",
            &json!({"nodeId": root["root"]["nodeId"], "selector": field}),
        );
        let files: Vec<String> = files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        self.call(
            "DOM.setFileInputFiles",
            &json!({"nodeId": found["nodeId"], "files": files}),
        );
    }

    /// Presses a key, such as `Tab` or `a`.
    pub(crate) fn key(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            " " => 32,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        let text = match key {
            "Enter" => "\r",
            other if other.chars().count() == 1 => other,
            _ => "",
        };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                event["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Drags the mouse over a node, from and to parts of its width and height.
    pub(crate) fn drag(&mut self, node: &str, from: (f64, f64), to: (f64, f64)) {
        let found = self.eval(&format!(
            "{{ const n = document.querySelector('{node}'); n.scrollIntoView({{block: 'center'}}); const b = n.getBoundingClientRect(); [b.left, b.top, b.width, b.height] }}"
        ));
        let side = |n: usize| found[n].as_f64().unwrap();
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        for (kind, (x, y)) in [
            ("mousePressed", from),
            ("mouseMoved", middle),
            ("mouseMoved", to),
            ("mouseReleased", to),
        ] {
            let event = json!({
                "type": kind, "x": side(0) + x * side(2), "y": side(1) + y * side(3),
                "button": "left", "buttons": 1, "clickCount": 1,
            });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// The size of the window, and whether it is dark.
    pub(crate) fn window(&mut self, width: u32, height: u32, dark: bool) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}),
        );
        let scheme = if dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            &json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]}),
        );
    }

    pub(crate) fn screenshot(&mut self) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", &json!({"format": "png"}));
        base64(shot["data"].as_str().unwrap())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits = four.iter().fold(0, |bits, c| bits << 6 | value(*c)) << (6 * (4 - four.len()));
        bytes.extend(&bits.to_be_bytes()[1..four.len()]);
    }
    bytes
}
