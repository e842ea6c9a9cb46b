//! Fetching an attachment: in parts, which are kept here until all have come, so that a cut costs the one that was
//! under way. They lie beside the records, under an id that no record has.

use super::file::{Fetching, File, Place};
use super::print::{Print, Printer};
use crate::replica::Attached;
use crate::replication::Conflicts;
use crate::replication::replicated::Replicated;
use crate::replication::running::Trouble;
use crate::replication::taking::is_final;
use jio::endpoint::Failure;
use jio::rpc::Call;
use jio::storage::Upload;
use jio::{Id, Name};

/// Where parts are kept.
const PARTS: &str = "lan-broadcaster:on-its-way";

/// Where the bytes are.
enum Source {
    Whole(Vec<u8>),
    Parts,
}

impl Replicated {
    /// Fetches the next part; writes the attachment here when it was the last.
    pub(super) async fn fetch(&self, place: Place, theirs: Attached) -> Result<(), Trouble> {
        let fetching = self.fetching(&place, theirs).await?;
        let (got, length) = (fetching.got, fetching.length);
        if got > 0 && got == length {
            return self.arrive(fetching, Source::Parts).await;
        }
        let Some(revision) = self.core.borrow().revision(&place.id) else {
            return Ok(());
        };
        self.commit().await?;
        let remote = self.core.borrow().book.remote_id(&place.id);
        let most = self.core.borrow().options.part_bytes;
        let range = (length > 0).then(|| got..length.min(got + most));
        let part = self
            .remote
            .read_attachment(&remote, &place.name, &revision, range.clone())
            .await;
        let Some(part) = part.map_err(Trouble::There)? else {
            return self.ask_again(&place, &remote).await;
        };
        self.on_answer();
        let asked = range.map_or(0, |range| range.end - range.start);
        let came = part.bytes.len() as u64;
        if part.is_whole || (got == 0 && came == length) {
            return self.arrive(fetching, Source::Whole(part.bytes)).await;
        }
        if came == 0 || came > asked {
            let odd = "the server gives other parts of an attachment than it is asked for";
            return self.hold_file(&place, Failure::new(502, odd)).await;
        }
        self.keep(fetching, part.bytes).await
    }

    /// What was under way, where it is this one still; else it begins anew.
    async fn fetching(&self, place: &Place, theirs: Attached) -> Result<Fetching, Trouble> {
        let known = self.core.borrow().book.fetching().cloned();
        if let Some(known) = known {
            if known.place == *place && known.digest == theirs.digest {
                return Ok(known);
            }
            self.drop_parts().await?;
        }
        let fetching = Fetching {
            place: place.clone(),
            digest: theirs.digest,
            content_type: theirs.content_type,
            length: theirs.length,
            got: 0,
            content: None,
        };
        self.book().set_fetching(Some(fetching.clone()));
        Ok(fetching)
    }

    async fn drop_parts(&self) -> Result<(), Trouble> {
        let removed = self.local.execute(Call::Remove(parts())).await;
        removed.map_err(Trouble::Here)?;
        self.book().set_fetching(None);
        Ok(())
    }

    /// Keeps a part, and notes that it came.
    async fn keep(&self, mut fetching: Fetching, bytes: Vec<u8>) -> Result<(), Trouble> {
        let name = part_name(fetching.got);
        self.write_file(
            &Place { id: parts(), name },
            "",
            bytes.len() as u64,
            async |writer| writer.write(&bytes).await,
        )
        .await
        .map_err(Trouble::Here)?;
        fetching.got += bytes.len() as u64;
        self.book().set_fetching(Some(fetching));
        self.commit().await
    }

    /// The attachment is not there in the state known here: the record has another one, or the server is odd.
    async fn ask_again(&self, place: &Place, remote: &Id) -> Result<(), Trouble> {
        let state = self.remote.read(remote).await.map_err(Trouble::There)?;
        self.on_answer();
        let before = self.core.borrow().revision(&place.id);
        let is_same = state.as_ref().map(|state| &state.revision) == before.as_ref();
        if is_same {
            let odd = "the server tells of this attachment, but does not give it";
            return self.hold_file(place, Failure::new(404, odd)).await;
        }
        self.refresh(place, state).await
    }

    /// All bytes are here: they take the place of what was, unless that was changed meanwhile.
    async fn arrive(&self, mut fetching: Fetching, source: Source) -> Result<(), Trouble> {
        let place = fetching.place.clone();
        let Some(print) = self.print_source(&fetching, &source).await? else {
            return self.drop_parts().await; // A part is lost: it begins anew.
        };
        let _alone = self.turns.alone([place.id.clone()]).await;
        if self.is_taken(&place, &fetching, &print).await? {
            let arrived = File {
                content: Some(print.content),
                digest: Some(fetching.digest.clone()),
                ..File::default()
            };
            fetching.content = Some(print.content);
            // A write that was cut between the storage and the journal would else look like a person's.
            self.book().set_fetching(Some(fetching.clone()));
            self.commit().await?;
            match self.write_source(&fetching, &print, &source).await {
                Ok(()) => self.book().agree_file(&place, arrived),
                Err(failure) if is_final(&failure) => self.hold_file(&place, failure).await?,
                Err(failure) => return Err(Trouble::Here(failure)),
            }
        }
        // Before the note of them: parts that nobody knows of would stay for ever.
        if fetching.got > 0 {
            self.drop_parts().await?;
        }
        self.book().set_fetching(None);
        self.commit().await
    }

    /// Gives up what nobody wants any more.
    pub(in crate::replication) async fn give_up_parts(&self) -> Result<(), Trouble> {
        self.drop_parts().await?;
        self.commit().await
    }

    /// Whether what has come is to be written here.
    async fn is_taken(
        &self,
        place: &Place,
        fetching: &Fetching,
        print: &Print,
    ) -> Result<bool, Trouble> {
        let file = self.core.borrow().book.file(place);
        if !file.is_marked {
            return Ok(true);
        }
        let ours = self.print(place).await?.map(|ours| ours.content);
        if ours == file.content {
            return Ok(true);
        }
        if ours == Some(print.content) {
            self.book().agree_file(
                place,
                File {
                    content: ours,
                    digest: Some(fetching.digest.clone()),
                    ..File::default()
                },
            );
            return Ok(false);
        }
        let core = &mut *self.core.borrow_mut();
        let theirs = core.theirs(&*self.remote, place);
        core.clash_of_files(place, ours, theirs.as_ref());
        Ok(core.options.conflicts == Conflicts::KeepRemote)
    }

    /// Ends the writing of one that was cut: if it is here, both sides have the same.
    pub(in crate::replication) async fn recover_file(&self) -> Result<(), Trouble> {
        let fetching = self.core.borrow().book.cut_fetch().cloned();
        let Some(mut fetching) = fetching else {
            return Ok(());
        };
        let ours = self.print(&fetching.place).await?;
        if ours.map(|ours| ours.content) == fetching.content {
            let arrived = File {
                content: fetching.content,
                digest: Some(fetching.digest.clone()),
                ..File::default()
            };
            self.book().agree_file(&fetching.place, arrived);
            return self.drop_parts().await;
        }
        fetching.content = None;
        self.book().set_fetching(Some(fetching));
        Ok(())
    }

    async fn print_source(
        &self,
        fetching: &Fetching,
        source: &Source,
    ) -> Result<Option<Print>, Trouble> {
        let mut printer = Printer::default();
        let mut at = 0;
        loop {
            let Some(piece) = self.piece(fetching, source, at).await? else {
                return Ok(None);
            };
            if piece.is_empty() {
                return Ok(Some(printer.end(&fetching.content_type)));
            }
            printer.add(&piece);
            at += piece.len() as u64;
        }
    }

    async fn write_source(
        &self,
        fetching: &Fetching,
        print: &Print,
        source: &Source,
    ) -> Result<(), Failure> {
        self.write_file(
            &fetching.place,
            &fetching.content_type,
            print.length,
            async |writer| {
                let mut at = 0;
                while at < print.length {
                    let piece = self.piece(fetching, source, at).await;
                    let piece = piece.map_err(to_failure)?.unwrap_or_default();
                    if piece.is_empty() {
                        return Err(Failure::new(500, "a part of the attachment is lost"));
                    }
                    writer.write(&piece).await?;
                    at += piece.len() as u64;
                }
                Ok(())
            },
        )
        .await
    }

    async fn write_file(
        &self,
        place: &Place,
        content_type: &str,
        size: u64,
        fill: impl AsyncFnOnce(&mut dyn jio::storage::AttachmentWriter) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let upload = Upload {
            id: place.id.clone(),
            name: place.name.clone(),
            content_type: content_type.to_owned(),
            size,
        };
        let mut writer = self.local.put_attachment(upload).await?;
        fill(&mut *writer).await?;
        writer.finish().await
    }

    /// Bytes from a place on: none at the end, `None` where they are lost.
    async fn piece(
        &self,
        fetching: &Fetching,
        source: &Source,
        at: u64,
    ) -> Result<Option<Vec<u8>>, Trouble> {
        const STEP: usize = 1 << 20;
        match source {
            Source::Whole(bytes) => {
                let from = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Ok(Some(bytes[from..bytes.len().min(from + STEP)].to_vec()))
            }
            Source::Parts if at >= fetching.length => Ok(Some(Vec::new())),
            Source::Parts => {
                let place = Place {
                    id: parts(),
                    name: part_name(at),
                };
                let part = self.read_whole(&place).await?;
                Ok(part.filter(|part| !part.is_empty()))
            }
        }
    }
}

fn to_failure(trouble: Trouble) -> Failure {
    match trouble {
        Trouble::There(failure) | Trouble::Here(failure) => failure,
    }
}

fn parts() -> Id {
    Id::new(PARTS).expect("it is one")
}

/// Parts are named by where they begin.
fn part_name(at: u64) -> Name {
    Name::new(at.to_string()).expect("digits are a name")
}
