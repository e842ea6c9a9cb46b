//! Random numbers of the browser (Web Cryptography §10), which insecure pages have too.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    type Crypto;
    #[wasm_bindgen(thread_local_v2, js_name = crypto)]
    static CRYPTO: Crypto;
    #[wasm_bindgen(method, js_name = getRandomValues)]
    fn fill(this: &Crypto, bytes: &mut [u8]);
}

/// Random bytes, fit for keys.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    CRYPTO.with(|crypto| crypto.fill(&mut bytes));
    bytes
}

/// A random id as text (RFC 9562 §5.4).
pub fn uuid() -> String {
    let mut bits = u128::from_be_bytes(bytes());
    bits = bits & !(0xf000 << 64) | 0x4000 << 64;
    bits = bits & !(0xc000 << 48) | 0x8000 << 48;
    let digits = format!("{bits:032x}");
    let cuts = [0..8, 8..12, 12..16, 16..20, 20..32];
    cuts.map(|cut| &digits[cut]).join("-")
}
