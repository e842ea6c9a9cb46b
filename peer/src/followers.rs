//! Who follows queries of a storage in its own page.

use crate::connections::spawn;
use crate::lookout::Lookout;
use crate::page::FollowerPage;
use jio::AllDocs;
use jio::endpoint::Failure;
use jio::storage::Storage;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

/// The followers of one storage.
pub(crate) struct Followers {
    lookout: RefCell<Lookout<u32>>,
    pages: RefCell<BTreeMap<u32, FollowerPage>>,
    last: Cell<u32>,
}

impl Followers {
    pub(crate) fn new(storage: Rc<dyn Storage>) -> Rc<Self> {
        Rc::new_cyclic(|this: &Weak<Self>| {
            let this = this.clone();
            let wake = move || {
                let this = this.clone();
                spawn(async move {
                    if let Some(this) = this.upgrade() {
                        this.tell();
                    }
                });
            };
            Self {
                lookout: RefCell::new(Lookout::new(storage, wake)),
                pages: RefCell::default(),
                last: Cell::new(0),
            }
        })
    }

    /// Somebody follows a query from now on, under the number that this returns.
    pub(crate) fn add(&self, options: &AllDocs, page: FollowerPage) -> Result<u32, Failure> {
        let number = self.last.get() + 1;
        let rows = self.lookout.borrow_mut().subscribe(number, options)?;
        self.last.set(number);
        page.told(&rows);
        self.pages.borrow_mut().insert(number, page);
        Ok(number)
    }

    pub(crate) fn remove(&self, number: u32) {
        self.lookout.borrow_mut().unsubscribe(&number);
        self.pages.borrow_mut().remove(&number);
    }

    fn tell(&self) {
        self.lookout.borrow_mut().turn();
        self.pages.borrow_mut().retain(|number, page| {
            let told = self.lookout.borrow_mut().poll(number);
            match told {
                Some(Ok(changes)) => page.told(&changes),
                Some(Err(failure)) => {
                    page.failure(failure.status_code.unwrap_or(500), &failure.message);
                    return false;
                }
                None => {}
            }
            true
        });
    }
}
