# Mail::IMAPTalk: Ada and Bo on two frontends, in a mailbox that Ada may administer.

use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;
use Judge;
use Mail::IMAPTalk;

my $told    = invitation();
my $mailbox = $told->{mailbox};
my $bo      = $told->{bo}{user};
my $here    = log_in("ada", 0);
my $there   = log_in("bo",  1);

what_is_hidden_answers_as_what_is_missing();
rights_are_given_and_shown();
an_annotation_is_shown_to_the_colleague();
who_idles_hears_of_every_change();
rights_are_taken_away();

$_->logout() for $here, $there;

sub log_in {
    my ($person, $node) = @_;
    # Only a blocking socket works under TLS, and that has no timeout: whoever runs this has one.
    my $session = Mail::IMAPTalk->new(
        Server          => "127.0.0.1",
        Port            => $told->{ports}[$node],
        UseSSL          => 1,
        SSL_verify_mode => 0,
        UseBlocking     => 1,
        Username        => $told->{$person}{user},
        Password        => $told->{$person}{password},
    );
    return done("login of $person", $session);
}

sub what_is_hidden_answers_as_what_is_missing {
    my $missing = "$mailbox-missing";
    for my $command (qw(select myrights getacl)) {
        my $hidden = refused("$command of a hidden mailbox", $there->$command($mailbox));
        my $none   = refused("$command of no mailbox",       $there->$command($missing));
        $none =~ s/\Q$missing\E/$mailbox/g;
        same("$command of a hidden mailbox", $hidden, $none);
    }
}

sub rights_are_given_and_shown {
    done("setacl", $here->setacl($mailbox, $bo, "lrs"));
    same("myrights", rights_of_bo_as_he_sees_them(), "lrs");
    done("select",   $there->select($mailbox));
    refused("store of \\Flagged without w", $there->store("1:*", "+flags", "(\\Flagged)"));
    refused("getacl without a",             $there->getacl($mailbox));

    done("setacl +", $here->setacl($mailbox, $bo, "+wi"));
    done("setacl -", $here->setacl($mailbox, $bo, "-s"));
    same("getacl",   rights_of_bo_as_ada_sees_them(), "lrwi");
    same("myrights", rights_of_bo_as_he_sees_them(),  "lrwi");
}

sub an_annotation_is_shown_to_the_colleague {
    my ($entry, $text) = ("/shared/comment", "Orders, \"urgent\" ones too");
    done("setmetadata", $here->setmetadata($mailbox, $entry, $text));
    my $shown = done("getmetadata", scalar $there->getmetadata($mailbox, $entry));
    same("getmetadata", $shown->{$mailbox}{$entry}, $text);
}

# Each change that Bo hears of makes Ada do the next one, so that all but the first surely come
# while he idles.
sub who_idles_hears_of_every_change {
    my @to_come = (
        ["exists",  sub { $here->select($mailbox) && $here->store("1", "+flags", "(\\Flagged)") }],
        ["fetch",   sub { $here->store("1", "+flags.silent", "(\\Deleted)") }],
        ["fetch",   sub { $here->expunge() }],
        ["expunge", sub { 1 }],
    );
    $here->uid(0);
    my $letter = "Subject: to all\015\012\015\012Hello.\015\012";
    done("append", $here->append($mailbox, { Literal => $letter }));
    my $heard = sub {
        my ($kind) = @_;
        return 0 if $kind eq "recent";
        my ($wanted, $next) = @{ shift @to_come };
        same("heard while idling", $kind, $wanted);
        done("what follows $kind", $next->());
        return !@to_come;
    };
    done("idle", $there->idle($heard));
}

sub rights_are_taken_away {
    done("unselect",  $there->unselect());
    done("deleteacl", $here->deleteacl($mailbox, $bo));
    same("getacl after deleteacl", rights_of_bo_as_ada_sees_them() // "none", "none");
    refused("select after deleteacl", $there->select($mailbox));
}

sub rights_of_bo_as_ada_sees_them {
    my %list = @{ done("getacl", scalar $here->getacl($mailbox)) };
    return $list{$bo};
}

sub rights_of_bo_as_he_sees_them {
    my ($name, $letters) = @{ done("myrights", scalar $there->myrights($mailbox)) };
    return $letters;
}
