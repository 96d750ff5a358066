with done as materialized (
  select a.uid_validity, a.first_uid, a.modseq
    from append_messages(
           $1, while_logged_in($2::bigint[], $19, $20, $21), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
           $14, $15) a
), logged as (
  insert into activity (kind, mailbox, owner, path, session, account, uids)
  select 1, $1, n.owner, n.path, w.session, w.account,
         int8multirange(int8range(d.first_uid + w."begin", d.first_uid + w."end"))
    from done d
    join mailbox_name n on n.mailbox = $1
   cross join unnest($16::bigint[], $2, $17::bigint[], $18::bigint[])
           as w (session, account, "begin", "end")
), within_quota as materialized (
  select check_quota($1, true, true) from done
)
select d.uid_validity as "uid_validity!", d.first_uid as "first_uid!", d.modseq as "modseq!"
  from done d
  left join within_quota on true
