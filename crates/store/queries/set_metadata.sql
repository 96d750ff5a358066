with done as materialized (
  select modseq, is_changed
    from set_annotations($1, while_logged_in($2::bigint, $9, $10, $11), $3, $4, $5, $6, $7)
), logged as (
  insert into activity (kind, mailbox, owner, path, session, account, detail)
  select 10, $1, n.owner, n.path, $8, $2, shared.entries
    from done
    join mailbox_name n on n.mailbox = $1
   cross join (
         select string_agg(e, ' ') as entries
           from unnest($5) e
          where starts_with(e, '/shared/') or e = '/private/specialuse') as shared
   where shared.entries is not null
)
select modseq as "modseq!", is_changed as "is_changed!"
  from done
