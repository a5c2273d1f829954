#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| affetti_fuzz::words::run(bytes));
