//! Long lists in pages: each says where the next begins.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mail::limits::API_PAGE_ITEMS_MAX;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::input::Fields;
use crate::problem::Problem;

/// Where no number is asked for.
const ITEMS: u32 = 100;

/// Which part of a list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// As many items at most.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<u32>,
    /// Where the page before ended, as its `next` has it.
    after: Option<String>,
}

/// Which part of a list is asked for, in the list's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageQuery {
    pub(crate) limit: u32,
    /// The key of the last item of the page before.
    pub(crate) after: Option<String>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items, in the order of the list.
    pub(crate) items: Vec<T>,
    /// What `after` says to see the next page; null on the last one.
    #[schema(required)]
    pub(crate) next: Option<String>,
}

/// The answer to whoever asks for a page that no page was followed by.
pub(crate) fn unknown_page() -> Problem {
    Problem::Malformed("after: what a page had as its next.".to_owned())
}

impl PageQuery {
    /// How many items to read to find out whether there are more than fit.
    pub(crate) fn one_more(&self) -> u32 {
        self.limit + 1
    }

    /// The page that is asked for of a list that is known wholly, in the order of `key`.
    pub(crate) fn cut<T>(
        &self,
        list: impl IntoIterator<Item = T>,
        key: fn(&T) -> String,
    ) -> Page<T> {
        let is_after = |item: &T| self.after.as_ref().is_none_or(|after| key(item) > *after);
        let items = list.into_iter().filter(is_after);
        let count = usize::try_from(self.one_more()).unwrap_or(usize::MAX);
        self.page(items.take(count).collect(), key)
    }

    /// The page of items of which one more was read than fits, if there was one.
    pub(crate) fn page<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> String) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let is_more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| is_more);
        let next = last.map(|item| URL_SAFE_NO_PAD.encode(key(item)));
        Page { items, next }
    }
}

impl<S: Sync> FromRequestParts<S> for PageQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Fields(Asked { limit, after }) = Fields::from_request_parts(parts, state).await?;
        let limit = limit.unwrap_or(ITEMS);
        if !(1..=API_PAGE_ITEMS_MAX).contains(&limit) {
            let words = format!("limit: from 1 to {API_PAGE_ITEMS_MAX}.");
            return Err(Problem::Malformed(words));
        }
        let after = after.map(|text| {
            let key = URL_SAFE_NO_PAD.decode(text).ok();
            let key = key.and_then(|key| String::from_utf8(key).ok());
            key.filter(|key| !key.contains('\0'))
                .ok_or_else(unknown_page)
        });
        Ok(Self {
            limit,
            after: after.transpose()?,
        })
    }
}

impl IntoParams for PageQuery {
    fn into_params(
        parameter_in: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        Asked::into_params(parameter_in)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::PageQuery;

    #[test]
    fn pages_together_are_the_list() {
        let list = ["a", "b", "c/ä", "d", "e"];
        for limit in 1..7 {
            let mut query = PageQuery { limit, after: None };
            let mut seen = Vec::new();
            loop {
                let page = query.cut(list, |item| (*item).to_owned());
                assert!(page.items.len() <= limit as usize);
                seen.extend(page.items);
                let Some(next) = page.next else { break };
                let key = URL_SAFE_NO_PAD.decode(next).unwrap();
                query.after = Some(String::from_utf8(key).unwrap());
            }
            assert_eq!(seen, list, "{limit}");
        }
    }
}
