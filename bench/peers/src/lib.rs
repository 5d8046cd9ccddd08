//! Nothing but a place for the benches in `benches/`, which compare with crates of others.
