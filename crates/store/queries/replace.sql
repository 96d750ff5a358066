with done as materialized (
  select r.uid_validity, r.uid, r.modseq, r.source_modseq, r.old_size
    from replace_message(
           $1, $2, while_logged_in($3::bigint, $20, $21, $22), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
           $14, $15, $16, $17, $18) r
), logged as (
  insert into activity (kind, mailbox, owner, path, session, account, uids)
  select 1, $2, n.owner, n.path, $19::bigint, $3::bigint, int8multirange(int8range(d.uid, d.uid, '[]'))
    from done d
    join mailbox_name n on n.mailbox = $2
   union all
  select 3, $1, n.owner, n.path, $19, $3, int8multirange(int8range($8, $8, '[]'))
    from done d
    join mailbox_name n on n.mailbox = $1
), within_quota as materialized (
  -- RFC 8508, 3.4: what counts is what is more than before.
  select check_quota($2, not s.is_one_root or $9 > d.old_size, not s.is_one_root)
    from done d, (select share_quota($1, $2) as is_one_root) s
)
select d.uid_validity as "uid_validity!", d.uid as "uid!", d.modseq as "modseq!",
       d.source_modseq as "source_modseq!"
  from done d
  left join within_quota on true
