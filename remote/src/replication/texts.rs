//! How ids and names of contents are written in the journal's JSON: as texts.

pub(super) mod id {
    use jio::Id;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::replication) fn serialize<S: Serializer>(
        id: &Id,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(id.as_str())
    }

    pub(in crate::replication) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<Id, D::Error> {
        Id::new(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

pub(super) mod place {
    use crate::replication::attachments::Place;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::replication) fn serialize<S: Serializer>(
        place: &Place,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&place.to_text())
    }

    pub(in crate::replication) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<Place, D::Error> {
        let text = String::deserialize(from)?;
        Place::from_text(&text).ok_or_else(|| D::Error::custom("no place of an attachment"))
    }
}

pub(super) mod other {
    use jio::Id;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(in crate::replication) fn serialize<S: Serializer>(
        id: &Option<Id>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        id.as_ref().map(Id::as_str).serialize(to)
    }

    pub(in crate::replication) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<Option<Id>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(Id::new).transpose().map_err(D::Error::custom)
    }
}

pub(super) mod contents {
    use crate::replication::hash::Content;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::replication) fn serialize<S: Serializer>(
        contents: &[Option<Content>],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(contents.iter().map(|content| content.map(Content::to_text)))
    }

    pub(in crate::replication) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<Vec<Option<Content>>, D::Error> {
        let texts = Vec::<Option<String>>::deserialize(from)?;
        let contents = texts
            .iter()
            .map(|text| text.as_deref().and_then(Content::from_text));
        Ok(contents.collect())
    }
}

pub(super) mod content {
    use crate::replication::hash::Content;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::replication) fn serialize<S: Serializer>(
        content: &Option<Content>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        content.map(Content::to_text).serialize(to)
    }

    pub(in crate::replication) fn deserialize<'a, D: Deserializer<'a>>(
        from: D,
    ) -> Result<Option<Content>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        Ok(text.as_deref().and_then(Content::from_text))
    }
}
