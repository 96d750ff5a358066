with done as materialized (
  select e.modseq, e.uids
    from expunge_messages(
           $1, while_logged_in($2::bigint[], $8, $9, $10), $3, $4, $5::text::int8multirange) e
), logged as (
  insert into activity (kind, mailbox, owner, path, session, account, uids)
  select 3, $1, n.owner, n.path, w.session, w.account, w.uids::int8multirange * d.uids::int8multirange
    from done d
    join mailbox_name n on n.mailbox = $1
   cross join unnest($6::bigint[], $2, $7::text[]) as w (session, account, uids)
   where not isempty(w.uids::int8multirange * d.uids::int8multirange)
)
select d.modseq as "modseq!", d.uids as "uids!"
  from done d
