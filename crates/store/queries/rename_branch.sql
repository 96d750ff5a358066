-- A row of activity for each mailbox that was renamed by a permit of its own: what is below it went along.
with done as materialized (
  select t.owner, r.mailbox, r.modseq
    from (select owner_of_place($1, $5, $6) as old_owner, owner_of_place($1, $12, $13) as owner) t,
         rename_branch(
           $2, while_logged_in($1::bigint, $16, $17, $18), $3, $4, t.old_owner, $7, $8, $9, $10, $11, t.owner, $14
         ) r
), logged as (
  insert into activity (kind, mailbox, owner, path, other_owner, other_path, session, account)
  -- This statement still sees the old names.
  select 7, n.mailbox, d.owner, $14 || substr(n.path, length($7) + 1), n.owner, n.path, $15, $1
    from done d
    join mailbox_name n on n.mailbox = d.mailbox
   where d.mailbox = any ($2)
)
select d.mailbox as "mailbox!", d.modseq as "modseq!" from done d
