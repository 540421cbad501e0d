//! The store in memory passes what every store must pass.

use prepaid_runtime::{MemoryStore, conformance::Harness, store_conformance};

struct Memory;

impl Harness for Memory {
    type Place = MemoryStore;
    type Store = MemoryStore;
    type Reader = MemoryStore;

    fn fresh(&mut self) -> MemoryStore {
        MemoryStore::default()
    }

    fn open(&mut self, place: &MemoryStore) -> Result<MemoryStore, String> {
        Ok(place.clone())
    }

    fn read(&mut self, place: &MemoryStore) -> Result<MemoryStore, String> {
        Ok(place.clone())
    }
}

store_conformance!(Memory);
