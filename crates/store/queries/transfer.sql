with done as materialized (
  select c.uid_validity, c.first_uid, c.uids, c.modseq, c.source_modseq
    from copy_messages(
           $1, $2, while_logged_in($3::bigint, $12, $13, $14), $4, $5, $6, $7,
           $8::text::int8multirange, $9, $10) c
), logged as (
  insert into activity (
    kind, mailbox, owner, path, other_owner, other_path, session, account, uids
  )
  select case when $10 then 5 else 4 end, t.mailbox, t.owner, t.path, s.owner, s.path,
         $11::bigint, $3::bigint,
         int8multirange(int8range(d.first_uid, d.first_uid + cardinality(d.uids)))
    from done d
    join mailbox_name s on s.mailbox = $1
    join mailbox_name t on t.mailbox = $2
   where cardinality(d.uids) > 0
   union all
  select 5, s.mailbox, s.owner, s.path, t.owner, t.path, $11, $3,
         (select range_agg(int8range(u, u, '[]')) from unnest(d.uids) u)
    from done d
    join mailbox_name s on s.mailbox = $1
    join mailbox_name t on t.mailbox = $2
   where $10 and cardinality(d.uids) > 0
), within_quota as materialized (
  select check_quota($2, s.takes_room, s.takes_room)
    from done d, (select not ($10 and share_quota($1, $2)) as takes_room) s
   where cardinality(d.uids) > 0
)
select d.uid_validity as "uid_validity!", d.first_uid as "first_uid!", d.uids as "uids!",
       d.modseq as "modseq!", d.source_modseq as "source_modseq!"
  from done d
  left join within_quota on true
