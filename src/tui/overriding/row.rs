//! What the form asks for.

/// What an override does, as the form offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Instead of everybody.
    Everybody,
    /// Instead of one person.
    InsteadOf,
    /// As well.
    AsWell,
    /// One person fewer.
    Off,
}

impl Way {
    /// In the order in which the form offers them.
    pub const ALL: [Self; 4] = [Self::Everybody, Self::InsteadOf, Self::AsWell, Self::Off];

    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Everybody => "instead of everybody",
            Self::InsteadOf => "instead of one",
            Self::AsWell => "as well",
            Self::Off => "off",
        }
    }
}

/// The rows of the form, from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    /// Which seat.
    Seat,
    /// What it does.
    Way,
    /// Who.
    Who,
    /// Who steps out.
    InsteadOf,
    /// From when.
    From,
    /// Until when.
    Until,
    /// Why.
    Note,
}
