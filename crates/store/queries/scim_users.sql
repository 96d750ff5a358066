-- Users whom a directory has, by SCIM; with an id, a name or its own id, that one alone. The first ones after some, in the order in which
-- accounts were made.
select u.account, u.id, a.name, u.user_name, u.external_id, u.profile, u.revision, a.is_disabled,
       to_char(u.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "created_at!",
       to_char(u.changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "changed_at!",
       array(select g.id
               from user_group_member m
               join scim_group g on g.user_group = m.user_group
              where m.account = u.account
              order by g.user_group) as "group_ids!",
       array(select g.display_name
               from user_group_member m
               join scim_group g on g.user_group = m.user_group
              where m.account = u.account
              order by g.user_group) as "group_names!"
  from scim_user u
  join account a on a.id = u.account
 where u.deleted_at is null
   and ($1::text is null or u.id = $1)
   and ($2::text is null or a.name = $2)
   and ($3::text is null or u.external_id = $3)
 order by u.account
offset $4
 limit $5
