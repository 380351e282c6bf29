/* SPDX-License-Identifier: MIT */
/* rules_phrases.c: the events and modes that rules are made of: wanting, dying, killing oneself, soon, long ago. */
#include "safety/pattern.h"

static const struct safety_phrase events[] = {
    {"want", "want|wants|wanted|wanting @to @fill? @fill? @fill? go? and? / want|wants|wanted out and / need|needs|"
        "needed @to @fill? / would|rather @fill? rather @fill? / tempted @to / ready|prepared|willing|determined @to "
        "@fill? / desire|longing|wish|dying|excited @to / can not wait @to / deserve|deserves @to / wish|wished|hope|"
        "hoping|pray|praying i|he|she|they could|would|can|will|was|were|may? @fill? / wish|hope|hoping @to / feel|"
        "feels|feeling|felt @fill? like @fill?"},
    {"think", "think|thinks|thinking|thought|thoughts|idea|ideas|ideation|fantasies|fantasy|dream|dreams|dreaming|"
        "dreamt|images|visions about|of|on @fill? / considering|considered|contemplating|contemplated|contemplate|"
        "consider|fantasizing|fantasising|imagining|picturing|pondering|debating about|of? @fill? / fantasize|"
        "fantasise|fantasizing|fantasising about / urge|urges|impulse|impulses @fill? @to @fill? / obsessed|"
        "obsessing with|over|about / intrusive thoughts of|about"},
    {"intent", "going @to @fill? @fill? go? and? / will @fill? @fill? / about @to @fill? / plan|plans|planned|"
        "planning @to|on|for @fill? / trying @to / decided|decide @to|on / intend|intending @to|on / might|could|"
        "should|must @fill? @fill? as? well? @fill? / have @to / preparing|prepare|prepared @to|for / time @to / am "
        "@fill? @fill?"},
    {"kill_me",
        "kill|killing|killed myself / my self kill / kill|killing|killed my self / end|ending|ended my|this|mine "
        "@fill? own? life|existence|misery|suffering|lives|days / end|ending|ended|finish|finishing it|everything|"
        "things all @fill? / ending it tonight|soon|today|now|here / take|taking|took|taken my @fill? own? life / "
        "off|offing|offed myself / delete|deleting|unalive|unaliving|unalived|hang|hanging|hanged|hung|shoot|"
        "shooting|shot|drown|drowning|gas|gassing|electrocute|stab|stabbing|suffocate|suffocating|asphyxiate|poison|"
        "poisoning|smother|strangle|erase|yeet|exterminate|terminate|execute|murder|sacrifice|overdose|overdosing|"
        "terminating myself / unalive|unaliving !him|her|them|it|someone|somebody|people / slit|slitting|slash|slice|"
        "slicing|open|opening my @fill? wrist|wrists|throat|veins / cut|cutting my wrists|throat|veins / commit|"
        "committing|committed|commiting|comitting suicide|sudoku|die|unalive / do|doing|did suicide / jump|jumping|"
        "jumped|leap|leaping|step|stepping|throw|throwing|threw|walk|walking|roll|rolling|drive|driving myself? "
        "@fill? off|from|under|into|in|onto|out|through front? of? @a? @fill? @fill? bridge|roof|building|balcony|"
        "cliff|overpass|train|bus|truck|traffic|tracks|window|ledge|subway|ravine|river|tree|semi|oncoming|median|"
        "pier|lorry|motorway|wall / throw|throwing|threw|fling myself off|under|in|into|from|out|onto / jump|jumping "
        "into|onto|in traffic / drive|driving|crash|crashing|run|steer|swerve|swerving my? @fill? car? @fill? into|"
        "off @a? @fill? @fill? tree|wall|bridge|cliff|river|road|pole|traffic|median|lake|truck|semi|overpass|"
        "oncoming / blow|blowing my @fill? brains|head|brain out|off / put|putting @a bullet|gun in|through|to my / "
        "bullet in|through my head|brain|skull / overdose|overdosing|od on purpose / overdose|od deliberately|"
        "intentionally / take|taking|swallow|swallowing|down all|whole|every|entire @a? @fill? bottle? of? @fill? "
        "@pills / down|swallow|swallowing|taking|take @a whole|entire bottle|stash of? @pills? / kms|kmsing|ctb|"
        "kys'd / game end myself / take a toaster|bath with @a toaster / toaster bath / self delete|terminate|"
        "deleting|destruct|unalive / check|checking out permanently|forever / check|checking out of life|this / "
        "drink bleach / dive off @a bridge|roof|building / make it look like an accident / bleed out !of / stop my "
        "heart / end my own life / starve myself to death / drink|drinking|use|using myself to death / end me|myself "
        "tonight|soon"},
    {"kill_other",
        "kill|killing|killed|hang|hanging|hanged|hung|shoot|shooting|shot|hurt|hurting|unalive|unaliving|unalived|"
        "drown|drowned|stab|off|offed|poison himself|herself|themselves|themself|hisself|theirself|theirselves / "
        "take|taking|took|taken|end|ending|ended his|her|their own? life / take|taking|took|taken|end|ending|ended "
        "their own? lives / end|ending it all / commit|committing|committed|commited suicide / jump|jumped|jumping "
        "off|from|in|under @a? @fill? bridge|roof|building|balcony|train|cliff|overpass / blow|blew his|her|their "
        "brains|head / took|taken|taking all his|her|their @fill? @pills"},
    {"die", "die !of|from|hard|laughing|hungry|on / dying !to|hair|laughing|for|of|from|on / die of|from an? "
        "overdose|od / be|being @fill? dead / drop dead / stop living|breathing / be with him|her|them|mom|dad "
        "again? up? in|there? / pass away"},
    {"soon", "tonight / this evening / after|once|when they|everyone|everybody|he|she|kids|family|people ..2 "
        "asleep|sleep|sleeping|bed|leaves|leave|gone|left|out / before he|she|they|anyone|everyone gets|get|comes|"
        "come home|back / in an|half|#n|a|few|the hour|minutes|mins|min|bit|hours / this is it / this is goodbye / "
        "goodbye / bye / farewell / last|final night|message|post|goodbye|text|words / as we speak / any minute|"
        "second / adios / esta noche / goodnight world / by morning / before morning|midnight|dawn / later tonight|"
        "today / plan is set|ready / doing it !again|all|wrong|for|because|with"},
    {"now", "right now / now $ / today !year|years / immediately / at|this moment|minute|second|morning|"
        "afternoon / hoy / ahora / tomorrow / this weekend|saturday|sunday|friday"},
    {"recent", "just / last night / yesterday / today / this morning|week|weekend|afternoon|evening / earlier / "
        "tonight / again / #n minutes|mins|hours|hour|hrs|days ago / an|few hour|hours|days ago / now / still / "
        "anoche / ayer"},
    {"past",
        "#n|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|few|couple|some|many|"
        "several of? years|months|yrs|yr|year|month|decades ago|back|now? / years|decades|decade|ages|lifetime ago / "
        "a|many year|years|decade|decades|lifetime|time ago / used to / in|since|back|around|of|until|from #year / "
        "when|while i was @fill? #n|a|in|young|younger|using|drinking|still|active|actively|sixteen|seventeen|"
        "eighteen|nineteen|fifteen|fourteen|twenty|thirty|homeless|newly|early|at|deep|married / when i used|drank / "
        "as|was a kid|teen|teenager|child|youth|student|young / in my|his|her teens|twenties|thirties|youth|"
        "childhood|teenage|addiction|past|20s|30s|early|using|drinking|old / last year|decade / long|some time ago / "
        "back then|when|in / at #n|sixteen|seventeen|eighteen|nineteen|fifteen|fourteen|rock / before i got|came|"
        "entered|found|quit|stopped sober|clean|into|in|recovery|help|drinking|using|here|to? / before recovery|"
        "sobriety|rehab / in active addiction|use / in early recovery|sobriety / in high|middle|college|school|"
        "university|rehab|junior|prison|jail / in the army|navy|marines / last time i / in|my former life / once "
        "upon / my|the|that first|last attempt was / no longer / not anymore / anymore thank|thankfully / hace #n|"
        "unos|muchos|varios|dos|tres|diez|cinco anos / hace anos|tiempo|mucho / cuando era|tenia / seasons ago / "
        "over a year / in the past / back in / years before / during covid|lockdown / in my old life"},
    {"still", "again / still / lately / these days / right now / recently / currently / this week|month / keeps|"
        "keep coming / came|come|coming|is|are back / more than ever / tonight / since then|i / and now|still / otra "
        "vez / todavia"},
    {"gun", "gun|pistol|shotgun|rifle|revolver|glock|handgun|firearm|noose|rope|razor|blade|knife|pills|bottle|"
        "belt|cord|needle|helium|tank|charcoal|bleach|#means"},
    {"sh_verb", "cut|cutting|burn|burning|hurt|hurting|harm|harming|hit|hitting|punch|punching|scratch|scratching|"
        "slap|slapping|bite|biting|injure|injuring|bruise|bruising|carve|carving|slice|slicing|burned|burnt|harmed|"
        "scratched|punched|slapped|bit|bruised|injured|stab|self-harm|starve|starving|choke|choking|branded|sliced|"
        "carved myself / self harm|harmed|harming|injure|injury|injured|injuring|mutilate|mutilation|mutilating / "
        "cut|cutting|burn|burning|burned|carve|carving|slice|slicing|sliced|scratch|scratched|scratching my @fill? "
        "own? arm|arms|leg|legs|thigh|thighs|wrist|stomach|skin|forearm|forearms|hips|hip|ankle|ankles|body|flesh"},
    {"no_wake",
        "can|could not @fill? wake|rouse|revive him|her|them|up? / can|could not ..2 get him|her|them|my|the|this "
        "..2 wake|up|awake|respond|breathe|breathing|responding / can|could not wake @a|@kin ..3 up? / will|does|did|"
        "is|are|would not|never @fill? wake|waking|respond|responding|rouse|breathe|breathing|moving|answering|react|"
        "reacting|conscious / not @fill? responding|waking|breathing|respond|conscious|responsive|breathe / stopped|"
        "stops|stop|quit breathing / barely|hardly|scarcely|almost not? breathing|breathes|breathe|responding|"
        "responsive|conscious|respond / unresponsive|unconscious / passed|pass out cold|and|on|in|now|from / out "
        "cold / no pulse|breath|heartbeat / lost|losing|loses consciousness / turning|turned|going|went|goes|looks|"
        "looking|is|are|all @fill? blue|grey|gray|purple / blue|grey|gray|purple|bluish lips|lip|fingers|fingernails|"
        "nails|face / lips|lip|nails|fingernails|fingers|face|skin ..3 blue|grey|gray|purple|bluish|cyanotic / "
        "gurgling|gurgles|gurgle|gurgly / death|snoring rattle|weird / breathing ..3 slow|shallow|weird|weirdly|"
        "slowly|funny|irregular|labored|stopped|stopping|once|strange|strangely|wrong|raspy|ragged / slow|shallow|"
        "barely|irregular|weird|agonal|labored|no|few @fill? breathing|breaths|breath / foaming|frothing|foam|froth "
        "at|from|mouth|out / choking on|in his|her|their|vomit|puke|sleep / limp and? / gone|went|is|all limp / "
        "nodding|nodded|fell out|off and|hard / pupils ..2 pinpoint|pinpoints|pinned|tiny / pinpoint pupils / ice|"
        "stone cold and? / making @a? @fill? @fill? snoring|gurgling|choking|rattling|gasping|weird? sound|sounds|"
        "noise|noises / gasping for|like / slumped over|in|against / collapsed / keeled over / needle still? in|"
        "hanging|sticking"},
};
const struct safety_phrase_table safety_phrases_events = {events, COUNT_OF(events)};
