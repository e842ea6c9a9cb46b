//! A server as its description says, to be asked as a storage or replicated with.

use crate::couchdb::CouchDb;
use crate::description::Description;
use crate::erp5::Erp5;
use crate::http::Http;
use crate::replica::Replica;
use jio::storage::Storage;
use std::rc::Rc;

/// A server.
#[derive(Clone)]
pub enum Server {
    /// An ERP5.
    Erp5(Rc<Erp5>),
    /// A CouchDB.
    CouchDb(Rc<CouchDb>),
}

impl Description {
    /// The server described, asked through this; `None`: it is a storage of another kind. Nothing is asked
    /// yet.
    pub fn server(self, http: Rc<dyn Http>) -> Option<Server> {
        match self {
            Self::Erp5 {
                address,
                credentials,
                settings,
            } => {
                let erp5 = Erp5::new(http, address, credentials, *settings);
                Some(Server::Erp5(Rc::new(erp5)))
            }
            Self::CouchDb {
                address,
                credentials,
                compress,
            } => {
                let couchdb = CouchDb::described(http, address, credentials, compress);
                Some(Server::CouchDb(Rc::new(couchdb)))
            }
            Self::Memory | Self::IndexedDb { .. } | Self::Replicate(_) => None,
        }
    }
}

impl Server {
    /// As a storage.
    pub fn storage(&self) -> Rc<dyn Storage> {
        match self {
            Self::Erp5(erp5) => erp5.clone(),
            Self::CouchDb(couchdb) => couchdb.clone(),
        }
    }

    /// As the far side of a replication.
    pub fn replica(&self) -> Rc<dyn Replica> {
        match self {
            Self::Erp5(erp5) => erp5.clone(),
            Self::CouchDb(couchdb) => couchdb.clone(),
        }
    }
}
