-- Groups that a directory has, by SCIM; with an id, a name or its own id, that one alone. The first ones after some, in the order in
-- which they were made.
select s.user_group, s.id, g.name, s.display_name, s.external_id, s.revision,
       to_char(s.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "created_at!",
       to_char(s.changed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "changed_at!",
       array(select u.id
               from user_group_member m
               join scim_user u on u.account = m.account
              where m.user_group = s.user_group
              order by u.account) as "member_ids!",
       array(select u.user_name
               from user_group_member m
               join scim_user u on u.account = m.account
              where m.user_group = s.user_group
              order by u.account) as "member_names!"
  from scim_group s
  join user_group g on g.id = s.user_group
 where s.deleted_at is null
   and ($1::text is null or s.id = $1)
   and ($2::text is null or g.name = $2)
   and ($3::text is null or s.external_id = $3)
 order by s.user_group
offset $4
 limit $5
