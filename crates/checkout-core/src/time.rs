//! Dates and times that keep their text: `55.000Z` does not come back as `55Z`.

use crate::validate::{Format, TextRules};

crate::text! {
    /// A moment as RFC 3339 text, kept exactly as it was received.
    pub struct Timestamp: shown, TextRules::ANY.format(Format::DateTime);
}

crate::text! {
    /// A calendar day as RFC 3339 text (`2024-04-16`), kept exactly as it was received.
    pub struct Date: shown, TextRules::ANY.format(Format::Date);
}

impl Timestamp {
    /// The moment that the text names.
    ///
    /// # Errors
    /// The text is not an RFC 3339 date-time.
    pub fn instant(&self) -> Result<jiff::Timestamp, jiff::Error> {
        self.as_str().parse()
    }
}

impl Date {
    /// The day that the text names.
    ///
    /// # Errors
    /// The text is not a full date.
    pub fn civil(&self) -> Result<jiff::civil::Date, jiff::Error> {
        self.as_str().parse()
    }
}
