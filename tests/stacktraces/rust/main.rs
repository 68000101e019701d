//! Panics as its argument says; the trace goes to stderr (RUST_BACKTRACE=1, or full).
use std::collections::HashMap;

mod bank {
    pub struct Gateway {
        pub limits: Vec<u32>,
    }

    pub trait Charge {
        fn charge(&self, at: usize) -> u32;
    }

    impl Charge for Gateway {
        #[inline(never)]
        fn charge(&self, at: usize) -> u32 {
            self.limits[at]
        }
    }

    #[inline(never)]
    pub fn refuse<T: std::fmt::Debug>(order: T) {
        panic!("order refused\nby the bank: {order:?}");
    }
}

use bank::Charge;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("index") => {
            bank::Gateway { limits: vec![1] }.charge(std::env::args().count() + 3);
        }
        Some("message") => bank::refuse("17"),
        Some("unwrap") => {
            let limits: HashMap<String, u32> = HashMap::new();
            println!("{}", limits.get("gold").unwrap());
        }
        Some("result") => {
            "x".parse::<u32>().expect("a number");
        }
        Some("thread") => {
            let worker = std::thread::Builder::new().name("worker-1".into());
            let _ = worker.spawn(|| bank::refuse(vec![1])).unwrap().join();
        }
        Some("closure") => {
            (0..2).map(|n| [1, 2].get(n + 2).unwrap() + n).for_each(drop);
        }
        _ => {}
    }
}
