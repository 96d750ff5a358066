//! Groups of accounts, for site administrators.

use acl::Identifier;
use serde::{Deserialize, Serialize};
use store::{Group, Store, Unchanged};
use tracing::info;
use utoipa::ToSchema;

use crate::answer::{Answer, location, tag};
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::{Input, Named};
use crate::paging::{Page, PageQuery};
use crate::problem::{Problem, ProblemDetails};

/// A group, and who is in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
struct GroupView {
    /// Without `group:`.
    #[schema(example = "support")]
    name: String,
    /// Users, and groups with `group:` before their names.
    members: Vec<String>,
}

/// A group that shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGroup {
    /// Without `group:`.
    #[schema(example = "support", min_length = 1)]
    name: String,
}

impl From<Group> for GroupView {
    fn from(group: Group) -> Self {
        let inner = group.groups.iter();
        let inner = inner.map(|name| Identifier::Group(name.clone()).to_string());
        Self {
            name: group.name,
            members: group.members.into_iter().chain(inner).collect(),
        }
    }
}

async fn find(asker: &Asker, name: &str) -> Result<Group, Problem> {
    asker.check_administrator()?;
    let group = asker.store.find_group(name).await?;
    group.ok_or(Problem::NotFound)
}

/// The same, and the store by which to change it.
async fn find_to_change(
    asker: &Asker,
    name: &str,
    conditions: &Conditions,
) -> Result<(Group, Store), Problem> {
    let group = find(asker, name).await?;
    conditions.check(Some(&tag(&GroupView::from(group.clone()))?))?;
    let store = conditions.guard(&asker.store, Unchanged::from(group.clone()))?;
    Ok((group, store))
}

/// List all groups, by name.
#[utoipa::path(
    get,
    path = "/groups",
    tag = "groups",
    params(PageQuery),
    responses((status = 200, body = Page<GroupView>)),
)]
pub(crate) async fn list_groups(
    asker: Asker,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let after = page.after.as_deref();
    let groups = asker.store.groups_after(after, page.one_more()).await?;
    let views = groups.into_iter().map(GroupView::from).collect();
    let page = page.page(views, |view: &GroupView| view.name.clone());
    Answer::shown(&page, &conditions)
}

/// Make a group without members.
#[utoipa::path(
    post,
    path = "/groups",
    tag = "groups",
    request_body = NewGroup,
    responses((status = 201, body = GroupView), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn create_group(
    asker: Asker,
    Input(new): Input<NewGroup>,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    asker.store.create_group(&new.name).await?;
    info!(user.id = %asker.account.id, "created a group");
    let group = GroupView::from(find(&asker, &new.name).await?);
    let there = location(&[("groups", &group.name)]);
    Answer::made(&group, there)
}

/// Say who is in a group.
#[utoipa::path(
    get,
    path = "/groups/{group}",
    tag = "groups",
    params(("group" = String, Path, description = "Its name, without `group:`.")),
    responses((status = 200, body = GroupView)),
)]
pub(crate) async fn show_group(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let group = GroupView::from(find(&asker, &name).await?);
    Answer::shown(&group, &conditions)
}

/// Delete a group, with its entries in every list.
#[utoipa::path(
    delete,
    path = "/groups/{group}",
    tag = "groups",
    params(("group" = String, Path, description = "Its name, without `group:`.")),
    responses((status = 204)),
)]
pub(crate) async fn delete_group(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (group, store) = find_to_change(&asker, &name, &conditions).await?;
    conditions.judge(store.delete_group(&group.name).await)?;
    info!(user.id = %asker.account.id, "deleted a group");
    Ok(Answer::done())
}

/// Put a user, or all members of another group, into a group. Open sessions hear of it.
#[utoipa::path(
    put,
    path = "/groups/{group}/members/{member}",
    tag = "groups",
    params(
        ("group" = String, Path, description = "Its name, without `group:`."),
        ("member" = String, Path, description = "A user, or `group:name`."),
    ),
    responses((status = 204)),
)]
pub(crate) async fn add_member(
    asker: Asker,
    Named((name, member)): Named<(String, String)>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    change_members(&asker, &name, &member, &conditions, Membership::Comes).await
}

/// Take a user or a group out of a group. Open sessions hear of it.
#[utoipa::path(
    delete,
    path = "/groups/{group}/members/{member}",
    tag = "groups",
    params(
        ("group" = String, Path, description = "Its name, without `group:`."),
        ("member" = String, Path, description = "A user, or `group:name`."),
    ),
    responses((status = 204)),
)]
pub(crate) async fn remove_member(
    asker: Asker,
    Named((name, member)): Named<(String, String)>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    change_members(&asker, &name, &member, &conditions, Membership::Goes).await
}

/// What becomes of a membership.
#[derive(Clone, Copy)]
enum Membership {
    Comes,
    Goes,
}

async fn change_members(
    asker: &Asker,
    name: &str,
    member: &str,
    conditions: &Conditions,
    membership: Membership,
) -> Result<Answer, Problem> {
    let (group, store) = find_to_change(asker, name, conditions).await?;
    let group = &group.name;
    conditions.judge(match (inner_group(member), membership) {
        (Some(inner), Membership::Comes) => store.add_group(group, &inner).await,
        (Some(inner), Membership::Goes) => store.remove_group(group, &inner).await,
        (None, membership) => {
            let account = store.find_account(member).await?;
            let account = account.ok_or(Problem::NotFound)?.id;
            match membership {
                Membership::Comes => store.add_member(group, account).await,
                Membership::Goes => store.remove_member(group, account).await,
            }
        }
    })?;
    info!(user.id = %asker.account.id, "changed a group");
    Ok(Answer::done())
}

/// The group that a member is, if it is one.
fn inner_group(member: &str) -> Option<String> {
    match Identifier::parse(member) {
        Ok(Identifier::Group(name)) => Some(name),
        Ok(_) | Err(_) => None,
    }
}
