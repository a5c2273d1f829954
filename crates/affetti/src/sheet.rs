//! A page with a picture and its drawings, from many strokes to few. It loads nothing and runs
//! nothing.

use affetti_sketch::export::svg;

use crate::{
    answers::Sketched,
    report::{base64, escape},
};

const STYLE: &str = "body{font:16px system-ui,sans-serif;margin:2rem;background:#fff;color:#222}\
main{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:1.5rem}\
figure{margin:0}figure svg,figure img{width:100%;height:auto;border:1px solid #ddd}\
figcaption{margin-top:.4rem;color:#555}";

/// The HTML document.
#[must_use]
pub fn sheet(sketched: &Sketched) -> String {
    let title = escape::html(&sketched.path);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\
         <title>{title}</title><style>{STYLE}</style>\n<h1>{title}</h1>\n<main>\n\
         <figure><img alt=\"the picture\" src=\"data:image/jpeg;base64,{}\"><figcaption>the picture</figcaption></figure>\n",
        base64::encode(&sketched.thumbnail)
    );
    for (sketch, _) in &sketched.levels {
        let count = sketch.drawing.strokes.len();
        page += &format!(
            "<figure>{}<figcaption>{count} strokes, loss {:.3}</figcaption></figure>\n",
            svg(&sketch.drawing, None),
            sketch.loss
        );
    }
    page + "</main></html>\n"
}
