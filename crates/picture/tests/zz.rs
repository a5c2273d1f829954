mod common;
use common::*;
#[test]
fn look() {
    for (name, file) in [("noise", noise(160, 120).encode_jpeg(90)), ("smooth", smooth(160,120).encode_jpeg(90))] {
    let whole = open(&file);
    for percent in [40, 60, 80, 95] {
        let cut = [&file[..file.len() * percent / 100], &[0xFF, 0xD9]].concat();
        match affetti_picture::decode(&cut, &Default::default()) { Err(e) => println!("{e}"), Ok(p) => {
            let mut same = 0; 
            for y in 0..120 { if (0..160).all(|x| p.pixel(x,y)==whole.pixel(x,y)) { same = y } }
            println!("{name} {percent}: same until {same}; {:?} {:?} {:?} {:?}", p.pixel(5, 100), p.pixel(100, 100), p.pixel(100,108), p.pixel(100,119));
        }}
    }}
}
