//! What is asked for of a list (RFC 7644, 3.4.2): which resources, which part of them, and which attributes.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use mail::limits::API_PAGE_ITEMS_MAX;
use scim::{AttributePath, Filter, ResourceKind};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::ScimQuery;

use super::problem::ScimProblem;
use crate::input::Fields;

/// As it is written. What else is asked for, such as an order, is read over: it is not offered.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    filter: Option<String>,
    start_index: Option<String>,
    count: Option<String>,
    attributes: Option<String>,
    excluded_attributes: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    filter: Option<Filter>,
    /// From 1.
    start: usize,
    count: usize,
    pub(super) shape: Shape,
}

/// Which attributes are told.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// All but others, where it names any.
    only: Vec<String>,
    without: Vec<String>,
}

/// Where no number is asked for.
const ITEMS: usize = 100;

/// What is always told (RFC 7643, 3.1 and 7).
const ALWAYS: [&str; 3] = ["id", "schemas", "meta"];

impl<S: Sync> FromRequestParts<S> for Listed {
    type Rejection = ScimProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ScimProblem> {
        let Fields(asked) = Fields::<Asked>::from_request_parts(parts, state).await?;
        let filter = asked.filter.as_deref().map(Filter::parse).transpose()?;
        // Less than 1 is 1, and less than nothing is nothing (RFC 7644, 3.4.2.4).
        let start: i64 = number(asked.start_index.as_deref())?.unwrap_or(1).max(1);
        let count: Option<i64> = number(asked.count.as_deref())?;
        let count = count.map(|count| usize::try_from(count).unwrap_or(0));
        let items_max = usize::try_from(API_PAGE_ITEMS_MAX).unwrap_or(usize::MAX);
        Ok(Self {
            filter,
            start: usize::try_from(start).unwrap_or(usize::MAX),
            count: count.unwrap_or(ITEMS).min(items_max),
            shape: Shape {
                only: names(asked.attributes.as_deref()),
                without: names(asked.excluded_attributes.as_deref()),
            },
        })
    }
}

fn number<T: FromStr>(text: Option<&str>) -> Result<Option<T>, ScimProblem> {
    let number = text.map(|text| text.trim().parse());
    let number = number.transpose();
    number.map_err(|_| ScimProblem::value("startIndex and count are numbers."))
}

/// An attribute is told wholly or not at all.
fn names(list: Option<&str>) -> Vec<String> {
    let names = list.into_iter().flat_map(|list| list.split(','));
    let paths = names.filter_map(|name| AttributePath::parse(name.trim()));
    paths.map(|path| path.name.to_ascii_lowercase()).collect()
}

impl Listed {
    /// Refuses a filter that asks by what such resources are not found by.
    pub(super) fn check(&self, kind: ResourceKind) -> Result<(), ScimProblem> {
        match &self.filter {
            Some(filter) => Ok(filter.check(kind.filterable())?),
            None => Ok(()),
        }
    }

    pub(super) const fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// What the database is asked for: with a filter, all that it may mean.
    pub(super) fn query<'q>(&'q self, name_attribute: &str) -> ScimQuery<'q> {
        match &self.filter {
            Some(filter) => ScimQuery {
                id: filter.required("id"),
                name: filter.required(name_attribute),
                external_id: filter.required("externalId"),
                ..ScimQuery::default()
            },
            None => ScimQuery {
                offset: i64::try_from(self.start - 1).unwrap_or(i64::MAX),
                count_max: Some(i64::try_from(self.count).unwrap_or(i64::MAX)),
                ..ScimQuery::default()
            },
        }
    }

    /// Of what the database has found, the number of all that are meant, and the part of them that is asked for; `total` where there is
    /// no filter.
    pub(super) fn cut(&self, found: Vec<Value>, total: i64) -> (i64, Vec<Value>) {
        let Some(filter) = &self.filter else {
            return (total, found);
        };
        let meant: Vec<Value> = found
            .into_iter()
            .filter(|resource| filter.holds(resource))
            .collect();
        let total = i64::try_from(meant.len()).unwrap_or(i64::MAX);
        let part = meant.into_iter().skip(self.start - 1).take(self.count);
        (total, part.collect())
    }

    pub(super) const fn start(&self) -> usize {
        self.start
    }
}

impl Shape {
    /// With what is asked for.
    pub(super) fn cut(&self, resource: Value) -> Value {
        let Value::Object(fields) = resource else {
            return resource;
        };
        let is_told = |name: &String| {
            let name = name.to_ascii_lowercase();
            ALWAYS.contains(&name.as_str())
                || (self.only.is_empty() || self.only.contains(&name))
                    && !self.without.contains(&name)
        };
        let told = fields.into_iter().filter(|(name, _)| is_told(name));
        Value::Object(told.collect::<Map<_, _>>())
    }
}
