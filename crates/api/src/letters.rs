//! Rights as the API tells them.

use acl::Rights;

/// The letters of these rights and of no others: without `c` and `d`, each of which stands for several (RFC 4314, 2.1.1), so that whoever
/// gives back what was read gives the same.
pub(crate) fn letters(rights: Rights) -> String {
    rights.to_string().replace(['c', 'd'], "")
}

#[cfg(test)]
mod tests {
    use acl::Rights;

    use super::letters;

    #[test]
    fn what_is_told_means_the_same_when_it_is_given_back() {
        for bits in 0..=Rights::ALL.to_i16() {
            let rights = Rights::from_i16(bits);
            assert_eq!(Rights::parse(&letters(rights)), Ok(rights));
        }
    }
}
