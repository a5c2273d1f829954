//! The pages in a real browser: the main way of each, by mouse and by keyboard, small, dark, in two tabs. Where
//! `AFFETTI_SHOTS` names a folder, what was seen is kept there.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use common::{Open, browser::Browser};
use std::path::{Path, PathBuf};

fn gallery(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../gallery/{name}.jpg"));
    // A browser takes no way that leads up.
    file.canonicalize().unwrap()
}

fn shot(browser: &mut Browser, name: &str) {
    if let Some(folder) = std::env::var_os("AFFETTI_SHOTS") {
        std::fs::write(
            Path::new(&folder).join(format!("{name}.png")),
            browser.screenshot(),
        )
        .unwrap();
    }
}

/// All rooms, as their addresses name them.
const ROOMS: [&str; 7] = [
    "feel",
    "compare",
    "words",
    "sketch",
    "paint",
    "collections",
    "jobs",
];
/// What scrolls sideways on a phone.
const TOO_WIDE: &str = "document.documentElement.scrollWidth > innerWidth + 1";

#[test]
fn every_room_does_what_it_is_for() {
    let sorted = tempfile::tempdir().unwrap();
    let studio = Open::new(|settings| {
        settings.collections = vec![gallery("whalers").parent().unwrap().to_owned()];
        settings.exports = Some(sorted.path().to_owned());
    });
    let Some(mut browser) = Browser::open() else {
        return;
    };
    let page = |room: &str| format!("http://{}/#{room}", studio.address);
    browser.window(1280, 900, false);
    browser.goto(&page("feel?intend=awe%3D1&regions=true"));
    browser.files(
        "input[type=file]",
        &[
            &gallery("whalers"),
            &gallery("self-portrait"),
            &gallery("wheat-field-with-cypresses"),
        ],
    );
    browser.until("document.querySelectorAll('.card .verdict').length === 3");
    assert!(
        browser
            .eval("document.querySelector('main .what[role=status]').textContent")
            .as_str()
            .unwrap()
            .starts_with("3 pictures: most of all")
    );
    assert!(
        browser
            .eval("document.querySelectorAll('.card .box').length")
            .as_u64()
            .unwrap()
            >= 3
    );
    assert_eq!(
        browser.eval("document.querySelectorAll('.card .intention').length"),
        3
    );
    shot(&mut browser, "feel");

    browser.goto(&page("compare"));
    browser.files(
        "input[type=file]",
        &[&gallery("view-of-toledo"), &gallery("the-harvesters")],
    );
    browser.until("document.querySelector('.best')");
    assert_eq!(
        browser.eval("document.querySelectorAll('.card.picked').length"),
        1
    );
    shot(&mut browser, "compare");

    browser.goto(&page(
        "words?text=the%20dark%20water%20looks%20cold%20and%20lonely",
    ));
    browser.until("document.querySelector('.sentence mark')");
    browser.files("input[type=file]", &[&gallery("the-horse-fair")]);
    browser.until("document.querySelector('.said')");
    shot(&mut browser, "words");

    browser.goto(&page("sketch?strokes=24"));
    browser.files("input[type=file]", &[&gallery("self-portrait")]);
    browser.until("document.querySelector('.paper img')?.naturalWidth > 0");
    let before = browser.eval("document.querySelector('.paper img').src");
    browser.eval("{ const s = document.querySelector('input[type=range]'); s.value = 8; s.dispatchEvent(new Event('input')); }");
    browser.until(&format!(
        "document.querySelector('.paper img').src !== {before}"
    ));
    assert!(
        browser
            .eval("location.hash")
            .as_str()
            .unwrap()
            .contains("strokes=8")
    );
    shot(&mut browser, "sketch");

    browser.goto(&page("paint?count=6"));
    browser.until("!document.querySelector('.go').disabled");
    browser.eval("document.querySelector('.go').click()");
    browser.until("document.querySelectorAll('.painted img').length === 6");
    browser
        .until("[...document.querySelectorAll('.painted img')].every(img => img.naturalWidth > 0)");
    shot(&mut browser, "paint");
    browser.goto(&page("paint?as=to&to=fear"));
    browser.until("!document.querySelector('.go').disabled");
    browser.eval("document.querySelector('.go').click()");
    browser.until("document.querySelector('.moving img')?.naturalWidth > 0");
    shot(&mut browser, "paint-turning");

    browser.goto(&page("collections"));
    browser.until("[...document.querySelectorAll('button')].some(b => b.textContent === 'Read the folder' && !b.disabled)");
    browser.eval("[...document.querySelectorAll('button')].find(b => b.textContent === 'Read the folder').click()");
    browser.until("document.querySelectorAll('.painted figure').length === 12");
    browser.eval("{ const t = document.querySelector('input[type=search]'); t.value = 'a bowl of apples on a table'; t.dispatchEvent(new Event('input')); }");
    browser
        .until("document.querySelector('.painted figcaption')?.textContent.includes('still-life')");
    browser.until("[...document.querySelectorAll('.painted img')].slice(0, 4).every(img => img.naturalWidth > 0)");
    shot(&mut browser, "collections");
    // What is chosen on the map alone is listed, and copied by feeling.
    browser.goto(&page("collections?within=1,4.5,1,7"));
    browser.until("document.querySelector('.plan[open] canvas')");
    browser.until("(n => n > 0 && n < 12)(document.querySelectorAll('.painted figure').length)");
    let listed = browser.eval("document.querySelectorAll('.painted figure').length");
    browser.eval("[...document.querySelectorAll('button')].find(b => b.textContent === 'Copy these into folders by feeling').click()");
    browser.until(&format!(
        "document.querySelector('main').innerText.includes('{listed} copied')"
    ));
    shot(&mut browser, "collections-map");
    // A part of the map is dragged over by the mouse.
    browser.drag(".plan canvas", (0.6, 0.1), (0.95, 0.9));
    browser.until("location.hash.includes('within=') && !location.hash.includes('within=1%2C4.5')");
    browser.until("[...document.querySelectorAll('.plan input')].map(i => +i.value)[0] > 4");

    browser.goto(&page("jobs"));
    browser.until("document.querySelector('tbody .state')?.textContent === 'done'");
    let told = browser.eval("document.querySelector('main').innerText");
    let told = told.as_str().unwrap();
    assert!(
        told.contains(" sidecars") && told.contains("turning-0.gif"),
        "{told}"
    );
    assert!(!told.contains("undefined"), "{told}");
    shot(&mut browser, "jobs");
    // No part asked for anything from elsewhere, or broke a rule.
    let from = browser.eval("performance.getEntriesByType('resource').map(r => new URL(r.name).host).filter(host => host !== location.host).length");
    assert_eq!(from, 0);
}

#[test]
fn on_a_phone_and_in_the_dark() {
    let studio = Open::plain();
    let Some(mut browser) = Browser::open() else {
        return;
    };
    browser.window(390, 844, true);
    for room in ROOMS {
        browser.goto(&format!("http://{}/#{room}", studio.address));
        browser.until("document.querySelector('h1.room')");
        if room == "feel" {
            browser.files("input[type=file]", &[&gallery("venus-and-cupid")]);
            browser.until("document.querySelector('.card .verdict')");
        }
        assert_eq!(browser.eval(TOO_WIDE), false, "{room}");
        shot(&mut browser, &format!("phone-{room}"));
    }
}

#[test]
fn by_keyboard_alone() {
    let studio = Open::plain();
    let Some(mut browser) = Browser::open() else {
        return;
    };
    browser.goto(&format!("http://{}/", studio.address));
    browser.until("document.querySelector('h1.room')");
    // First the way past the links, then the links themselves.
    browser.key("Tab");
    assert_eq!(browser.eval("document.activeElement.className"), "skip");
    for _ in 0..3 {
        browser.key("Tab");
    }
    assert_eq!(
        browser.eval("document.activeElement.textContent"),
        "Say and read"
    );
    browser.key("Enter");
    browser.until("document.querySelector('textarea')");
    for _ in 0..4 {
        if browser.eval("document.activeElement.tagName") == "TEXTAREA" {
            break;
        }
        browser.key("Tab");
    }
    for letter in "joy".chars() {
        browser.key(&letter.to_string());
    }
    browser.until("document.querySelector('.bars')");
    // The pad of valence and arousal is moved by arrows.
    browser.goto(&format!("http://{}/#paint?how=pad", studio.address));
    browser.until("document.querySelector('.pad')");
    browser.eval("document.querySelector('.pad').focus()");
    browser.key("ArrowRight");
    browser.key("ArrowUp");
    assert_eq!(
        browser.eval("document.querySelector('.pad').getAttribute('aria-valuetext')"),
        "valence 4.3, arousal 4.3"
    );
    // Whatever can be worked has a name.
    for room in ROOMS {
        browser.goto(&format!("http://{}/#{room}", studio.address));
        browser.until("document.querySelector('h1.room')");
        let nameless = browser.eval(
            "[...document.querySelectorAll('button, input, select, textarea, a, [tabindex=\"0\"]')].filter(node => \
             !(node.textContent.trim() || node.getAttribute('aria-label') || node.labels?.length)).map(node => node.outerHTML)",
        );
        assert_eq!(nameless, serde_json::json!([]), "{room}");
    }
}

#[test]
fn two_tabs_see_the_same_jobs_and_one_stops_them() {
    let studio = Open::plain();
    let Some(mut browser) = Browser::open() else {
        return;
    };
    browser.goto(&format!("http://{}/#jobs", studio.address));
    browser.until("document.querySelector('h1.room')");
    let first = browser.new_tab();
    browser.goto(&format!(
        "http://{}/#paint?count=48&oil=true",
        studio.address
    ));
    browser.until("!document.querySelector('.go').disabled");
    browser.eval("document.querySelector('.go').click()");
    browser.until("document.querySelector('progress')");
    let second = browser.drive(&first);
    browser.until("document.querySelector('tbody .state')?.textContent === 'running'");
    browser.eval("[...document.querySelectorAll('tbody button')].find(b => b.textContent === 'Stop').click()");
    browser.until("document.querySelector('tbody .state')?.textContent === 'cancelled'");
    browser.drive(&second);
    browser.until("document.querySelector('main').innerText.includes('stopped')");
}

#[test]
fn a_lost_connection_is_told() {
    let studio = Open::plain();
    let Some(mut browser) = Browser::open() else {
        return;
    };
    browser.goto(&format!("http://{}/#words", studio.address));
    browser.until("document.querySelector('textarea')");
    drop(studio);
    browser.eval("{ const t = document.querySelector('textarea'); t.value = 'a calm sea'; t.dispatchEvent(new Event('input')); }");
    browser.until("document.querySelector('.failed')?.innerText.includes('does not answer')");
}

/// axe-core's rules, where `AFFETTI_AXE` names its file (`npm pack axe-core`, axe.min.js).
#[test]
fn no_serious_barrier() {
    let Some(file) = std::env::var_os("AFFETTI_AXE") else {
        eprintln!("skipped: AFFETTI_AXE names no file of axe-core");
        return;
    };
    let axe = std::fs::read_to_string(file).unwrap();
    let studio = Open::plain();
    let Some(mut browser) = Browser::open() else {
        return;
    };
    // The page's own policy forbids what others put into it.
    browser.call("Page.setBypassCSP", &serde_json::json!({"enabled": true}));
    for dark in [false, true] {
        browser.window(1280, 900, dark);
        for room in [
            "feel?intend=awe%3D1",
            "compare",
            "words?text=a%20calm%20sea",
            "sketch",
            "paint",
            "collections",
            "jobs",
        ] {
            browser.goto("about:blank");
            browser.goto(&format!("http://{}/#{room}", studio.address));
            browser.until("document.querySelector('h1.room')");
            if room.starts_with("feel") {
                browser.files("input[type=file]", &[&gallery("whalers")]);
                browser.until("document.querySelector('.card .verdict')");
            }
            browser.eval(&axe);
            let found = browser.eval(
                "axe.run().then(all => all.violations.filter(v => ['serious', 'critical'].includes(v.impact))\
                 .map(v => v.id + ': ' + v.nodes.map(n => n.html + ' ' + (n.any[0]?.message || '')).join(' | ')))",
            );
            assert_eq!(found, serde_json::json!([]), "{room}, dark: {dark}");
        }
    }
}
