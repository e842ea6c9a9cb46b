//! What the app's page calls.

use crate::driver::Driver;
use wasm_bindgen::prelude::*;
use web::port::RawPort;

/// One session: from a port to the extension until its end.
#[wasm_bindgen]
pub struct Session {
    driver: Driver,
}

#[wasm_bindgen]
impl Session {
    /// Begins to listen to a port that the page opened. The extension speaks first, when it wants this app
    /// as its companion. `build` is the app's version, for people.
    ///
    /// # Errors
    /// The port has ended.
    #[wasm_bindgen(constructor)]
    pub fn new(port: RawPort, build: &str) -> Result<Self, JsError> {
        console_error_panic_hook::set_once();
        let driver = Driver::attach(port, build)?;
        Ok(Self { driver })
    }

    /// How things stand: JSON of `{phase, port?, addresses[], connections, received, sent}`, where `phase`
    /// is `waiting`, `ready`, `listening`, `taken`, `failed` (then with `detail`), `ended`, or `absent`.
    pub fn status(&self) -> String {
        self.driver.status()
    }

    /// Tells that time has passed; to be called about twice a second.
    pub fn tick(&self) {
        self.driver.tick();
    }

    /// Gives the extension a sign of life, which keeps its worker awake; to be called every 20 s.
    #[wasm_bindgen(js_name = keepAwake)]
    pub fn keep_awake(&self) {
        self.driver.keep_awake();
    }

    /// The page is about to go: members are closed with 1001 at once.
    pub fn leave(&self) {
        self.driver.leave();
    }
}
