package Judge;

# What the scripts of this folder share: who takes part, and when somebody is not content.

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);
use JSON::PP qw(decode_json);

our @EXPORT = qw(invitation done refused same);

# What clients/perl.py says on the standard input.
sub invitation {
    local $/;
    return decode_json(<STDIN>);
}

# What a call has returned, when it has returned something.
sub done {
    my ($what, $answer) = @_;
    croak "$what: " . ($@ || "no answer") unless defined $answer;
    return $answer;
}

# That a call has failed. The client's last error stays in $@.
sub refused {
    my ($what, $answer) = @_;
    croak "$what was not refused" if defined $answer;
    return $@;
}

sub same {
    my ($what, $got, $wanted) = @_;
    croak "$what: '" . ($got // "nothing") . "' instead of '$wanted'"
        unless defined $got && $got eq $wanted;
}

1;
