#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sentrynet_fuzz::fuzzing::answer::check(bytes));
