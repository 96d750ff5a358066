-- For the maps in this folder: a role that may read where addresses lead and who sends as them, and nothing else. Run it once in
-- Postroom's database, after `postroom migrate`, as a superuser. Choose another password, here and in the maps.
create role postfix login password 'change-me';
grant usage on schema public to postfix;
grant select on mta_domains, mta_recipients, mta_senders to postfix;
grant execute on function senders_of to postfix;
