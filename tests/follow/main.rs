//! Files followed through what happens to files (faults 37 to 54): lines lost and doubled, counted, against `tail -F`.

#[cfg(test)]
mod child;
#[cfg(test)]
mod following;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod whole;
