/* SPDX-License-Identifier: MIT */
/* rules_plan.c: a plan, a decision or a leave-taking that names neither death nor suicide. */
#include "safety/rules.h"

#include "safety/pattern.h"

#define SUI(id, tier, flags, pattern) {"suicide." id, pattern, SAFETY_SUICIDE, tier, SAFETY_WHO_SELF, flags}

/* What a person says who settles a wedding, a job or a trip; the same frames then mean nothing.  Patterns cannot share
 * a list, so it is spliced in as text. */
#define PLAIN_WORDS \
    "wedding|party|trip|vacation|surgery|job|interview|house|apartment|move|moving|rehab|detox|meeting|speech|lead|" \
    "presentation|recipe|haircut|tattoo|school|college|class|cake|dinner|lunch|holiday|flight|hotel|proposal|dress|" \
    "venue|gym|run|race|hike|project|deploy|release|server|backup|garden|paint|kitchen|workout|test|exam|sponsor|" \
    "chip|" \
    "anniversary|treatment|appointment|diet|budget|step|steps|homework|podcast|booking|tickets|concert|marathon|nap|" \
    "sale|bake|tax|taxes|dishes|laundry|potluck|picnic|bbq|camping|reunion|shower|fundraiser|store|shop|business|lesson|gig|sober|recovery|" \
    "relapse|" \
        "cravings|craving|triggers|trigger|coping|schedule|study|baby|adoption|restaurant|movie|game|music|book"
#define ORDINARY "-" PLAIN_WORDS

static const struct safety_rule rules[] = {
    SUI("plan.method", 3, RULE_INTENT,
        "have @a @fill? plan and ..4 what|everything|means|pills|gun|rope|date|place|way|method|things " ORDINARY
        " / have|got|know ..1 what|everything|all i need @to|for ..1 do|it|this|go|end|that &plan|ready|courage|"
        "tonight|decided|time|note|alone|nobody " ORDINARY
        " / have|got|everything ..1 everything|is|all @fill? ready|prepared|set|planned ..6 courage|guts|nerve|"
        "moment|push " ORDINARY
        " / just|only need the courage|nerve|guts -ask|talk|share|call|speak|tell|quit|leave|dance|sing|apply|" PLAIN_WORDS
        " / know|decided|decide|figured|planned|picked|chosen|worked ..2 how i @fill? want|would|will|am|going @to? "
        "@fill? go|leave|exit|die|end " ORDINARY
        " / know|decided|figured|planned ..1 exactly how|where|when i @fill? want|would|will|am ..2 do it " ORDINARY
        " / how many ..4 @pills ..3 would|will|it|takes|take|need|needed &looked|look|looking|searched|googled|"
        "counted|know|wonder|wondering|counting|figured -prescribed|pharmacist|doctor|headache|week|refill|insurance|"
        "day"
        " / count|counting|counted|lining|lined|sorting|hiding|hidden|hid|keeping ..3 @pills ..4 !for|box &keep|many|"
        "how|enough|cabinet|again|case|until|when|bottle|hidden|drawer|nobody -week|weekly|organizer|refill|pharmacy|"
        "nurse|inventory|doctor|insurance|mom|grandma|dose|morning|counselor"
        " / keep|keeps|kept ..2 driving|walking|going|ending|standing|stopping|parking ..2 past|by|@to|at|over|on|"
        "near @a @fill? bridge|overpass|cliff|roof|tracks|rooftop|garage -coffee|work|dog|traffic|detour|lost|gps"
        " / look|looks like @a @fill? accident &i|my|it|make|will|would|nobody -cop|ice|police|car|parked|driver|"
        "insurance|tow|highway|fender|happened|someone"
        " / researched|researching|looked|looking|reading|read|googled|googling ..1 up? ..2 lethal|fatal|painless|"
        "drowning|hanging|poisons|carbon|helium|exit|nitrogen ..3 -class|movie|paper|mystery|plants|dose's|article|"
        "news"),
    SUI("plan.date", 3, RULE_INTENT,
        "picked|chose|chosen|set|decided ..1 on? @a|my date|day|time|place|spot|method|way ..6 nobody|noone|knows|"
        "know|suspects|told|telling|peaceful|quiet|accident|find|alone|calm|relief|already|after|finally|over " ORDINARY
        " / ^ @fill? picked|chose|set the|my|a date|day|spot|place $ " ORDINARY
        " / i @fill? picked|chose|chosen|found the|my|a @fill? place|spot ..6 nobody|find|quiet|accident|peaceful|"
        "water|woods|alone " ORDINARY
        " / after|once|when ..5 birthday|christmas|holidays|graduation|weekend|funeral|asleep|bed|leaves|"
        "thanksgiving|moves|older|eighteen|gone|sleep ..4 i|am|will going|will|am @to? ..1 do|doing it|this !again|"
        "all|for|with " ORDINARY
        " / the date is set|picked|chosen " ORDINARY
        " / waiting|wait|holding|hanging|staying ..1 until|till|for|on|around ..5 dog|cat|mom|kids|birthday|"
        "christmas|graduation|dies|grown ..5 then|and ..3 done|go|out|free|over|it|leave &then|done|free|over|out " ORDINARY
        " / only|just waiting for|until|till ..5 dies|die|passes|dead|gone ..4 then|so i|am|can &then|so|can " ORDINARY
        " / won|will not need|be|have ..3 by|after|past christmas|birthday|friday|sunday|month|week|summer|spring|"
        "new "
        "&anymore|here|alive|around|decided|plan|anyway " ORDINARY),
    SUI("plan.leave", 3, RULE_INTENT | RULE_NEGATIVE,
        "found|finding|find|got|arranged @a? @fill? new? @fill? home|owner|family for|who|to ..4 dog|cat|pets|cats|"
        "dogs|pet|bird|kids ..6 so|then|now|before|because ..2 i ..2 go|leave|gone|rest|free|done|finally|not "
        "-moving|allergic|landlord|rehab|detox|lease|travel"
        " / made|making|make ..1 my? peace &nothing|do|done|ready|goodbye|anymore|over|left|go|it|everyone|tonight|"
        "soon -amends|sponsor|steps|step|sober|sobriety|recovery|ex|lord|god's|past|body|treaty|not|childhood|losing|"
        "job"
        " / nothing left @to do but|except ..2 do|end|go|it"
        " / not be around|here|alive ..1 much|for|very longer|long|anymore -channel|room|meeting|moving|town|job|work"
        " / someone|somebody|anyone|who can|should|will|please|want|wants|take ..2 take|adopt|have|look|care|keep|"
        "want ..2 my dog|cat|pets|cats|dogs|kids|bird &around|longer|gone|anymore|here|soon|need|not -vacation|trip|"
        "weekend|moving|rehab|detox|surgery|hospital|away|week|travel|inpatient|allergic"
        " / paid|paying|settled|cleared|closed|cancelled|cleaned ..2 debts|bills|rent|subscriptions|accounts|browser|"
        "apartment|room|phone|history|everything ..6 so ..1 nobody|no|they|she|he|mom|family|kids -tax|moving|"
        "landlord"
        " / said|saying|say ..1 my|all goodbyes ..2 -job|trip|work|school|moving|airport|camp|team|vacation"
        " / hugged|hug|kissed|called|texted|visited ..4 one|for|the last|final time &know|knows|they|one|kids|mom|"
        "goodbye|today|everyone|before|longer|tonight -year|moved|died|funeral|passed|rehab|deployment|hospice|ex|"
        "airport|dealer"
        " / one last|final meal|sunset|sunrise|cigarette|meeting|christmas|day|birthday|hug|call ..4 before|then|and "
        "..3 i go|leave|do|end|am|will -quit|detox|rehab|vacation|move|smoking|diet|sober|patch|flight|bed|work"
        " / will|would not|never have @to ..3 see|deal|worry|listen|hear|put ..4 me ..2 again|anymore|longer|after|"
        "soon -block|blocked|job|roommate|landlord|office|noise|court"
        " / everyone|everybody|they|nobody|no|you ..1 one? will|would ..3 understand|know|find|see ..2 when|after|"
        "once ..2 i|am|it ..2 gone|over|done &gone|over -season|movie|show|game|exam|detox|vacation|trip"
        " / leaving|left|leave ..2 everything|all|house|it|money|ring|car ..2 to|for ..1 my|the|her|him ..1 kids|"
        "sister|brother|mom|wife|daughter|son|friend ..8 will|insurance|soon|gone|note|letter|longer|end -divorce|"
        "custody|moving"),
    SUI("plan.go-through", 3, RULE_INTENT,
        "decided|decision|choice|mind ..6 calm|peaceful|peace|relief|relieved|lighter &decided|decision|choice|mind|"
        "made "
        ORDINARY
        " / ^ i have? @fill? decided $ / ^ i have? made up? my @a? mind|decision $ / it|everything will be over "
        "@fill? soon|tonight|tomorrow &i|everyone|sorry|decided|longer|pain|hurt|me -season|winter|exam|shift|detox|"
        "week|lockdown|game"
        " / no|nothing one|nobody|can|could|would|will ..3 talk|change|stop|save ..3 me|mind ..3 out|now|anymore|"
        "this|of &decided|decision|mind|already|done|tonight|plan -drinking|relapse|quitting|ordering|ice|buying"
        " / am|will @fill? going @to? go|went through with it|this|the|my ..1 plan|it|this|tonight|soon "
        ORDINARY),
    SUI("ready-now", 4, RULE_NEGATIVE,
        "going|about|ready @to ..1 take|swallow|down them|it all|every &pills|bottle|meds -home|trash|pharmacy|"
        "recycling|move|store|back|daily|as|directed|bus / goodbye|bye|farewell|sorry ..12 pills|meds|bottle ..2 are|"
        "is|already|all down|swallowed|gone|in|inside -gym|math|class|meeting|fridge|cabinet|organizer"
        " / have|got|holding|bought the|my|a|these|enough @fill? pills|gun|rope|knife|razor|noose|blade|pistol|belt "
        "..2 here|now|ready|everyone|goodbye|$ &kill|die|suicide|killing|goodbye|bye|forgive|sorry -prescribed|back|"
        "headache|kitchen|climbing|he|she|they|friend"
        " / pills|meds are|is already? down|swallowed ..6 &goodbye|sorry|bye|late|fight|love|tired|over -price|dose"
        " / at|on|by|in @a @fill? ..1 station|platform|bridge|overpass|tracks|rooftop|roof|cliff|ledge ..6 going|"
        "about|ready|will|want @to? @fill? step|jump|leap|fall|drop|let|end -coffee|photo|painting|work|bungee|model|"
        "beat|game|rope|date"
        " / it|this|everything all? ends|end tonight|today|now ..8 &gun|shotgun|rope|pills|goodbye|bye|sorry|noose|"
        "pain|forgive|knife|bridge|me|myself -sale|offer|season|deadline|registration|contest|game|movie|quarter|"
        "semester|lent|sprint|he|she"
        " / note|letter|letters|will ..1 is|are|written|done|on ..1 written|ready|done|table|sealed|fridge ..8 time|"
        "door|locked|phone|go|goodbye|alone|pills|rope|now &locked|go|goodbye|pills|rope|gun|alone|done|bye " ORDINARY
        " / tying|making|knotting|fixing @a|my noose|rope|belt ..6 speak|now|door|beam|closet|garage|ceiling|neck|"
        "tonight -boat|dog|tree|tent|swing|climbing|show"
        " / tying|making|tied|made @a|my noose -prop|halloween|movie|game"
        " / in|within @number|a|an|few|half minutes|minute|hour|hours|min|mins|seconds ..2 i|am|it ..3 stepping|"
        "jumping|gone|over|dead|doing|jump|pulling|swallowing|done -break|shift|meeting|class|zoom|call|shower|game|"
        "cake|oven|queue"
        " / am|be stepping|jumping|walking|lying|laying ..2 in|on|onto|under|off ..1 front? of? @a @fill? train|"
        "tracks|truck|bridge|traffic|roof|overpass|ledge|bus -map|model|late|work|home|commute|ticket|ride|riding|"
        "toy|catch|yoga"
        " / killing|kill myself as soon|when|once|after|the|tonight|before ..6 leaves|leave|asleep|gone|bed|work|"
        "home|sleep -gym|deadline"
        " / me|i voy @to? a? tirar|lanzar|aventar|arrojar|saltar ..1 de|del|al|desde|por ..2 puente|tren|balcon|"
        "edificio|ventana|metro|azotea|techo"),
    SUI("plan.signs", 3, RULE_INTENT | RULE_NEGATIVE,
        "know what i have|need|got @to do ..8 &scared|afraid|anymore|ready|calm|peace|goodbye|longer|brave|tonight " ORDINARY
        " / looking|looked|searching|googling|researching ..1 at|up|for ..2 bridges|cliffs|nooses|overpasses|"
        "rooftops|cyanide|ligature|knots &i|been|night|maps|tonight|keep -hike|hiking|photo|photos|photography|"
        "painting|engineering|sailing|climbing"
        " / wrote|written|writing|left|leaving ..1 everyone|everybody|all|each|my|the|them ..4 letter|letters|note|"
        "notes|video|videos ..1 for|@to after|when|later|open|find|once -class|job|teacher|amends|step|camp|sitter"
        " / date|day in mind ..8 over|done|free|gone|finished &me|i|then " ORDINARY
        " / will not be needing|need ..2 &gave|giving|give|gone|where|soon|away|keys|wallet -crutches|car|cast|coat|"
        "umbrella|help|ride|storage|insulin|sponsor|service|sub"
        " / life insurance ..8 ok|okay|fine|after|paid|kids|family|covered|suicide &i|my|me|made|checked -agent|"
        "quote|sell|job|benefits|rate|rates|renewal|mortgage|premium|salesman|spouse"
        " / <think> ..1 the|my|his|dad's|that @fill? gun|shotgun|pistol|noose|rope|revolver|rifle|razor ..2 &closet|"
        "drawer|attic|safe|keep|nightstand|again|every|constantly|tonight|garage -hunting|range|sell|selling|show|"
        "movie|climbing|course"
        " / <want> #laugh|#means myself / ask|asked|asking for|god forgiveness|forgive ..4 what i am|will going? "
        "@to? ..1 do"),
    SUI("voice", 3, RULE_WISH,
        "voice|voices|head|brain|mind ..4 says|say|saying|tells|telling|screams|screaming|said|keeps ..4 kill|hurt|"
        "end|die|jump yourself|me|it|myself|and|$ -movie|song|podcast|sober|anymore|used"
        " / not|am|feel|do not? @fill? feel? @fill? safe from|with|around myself|alone|me ..1"
        " / do|can not trust myself alone|tonight|around|with|anymore|not|right -chocolate|cookies|money|card|casino|"
        "drink|drinking|use|cake|liquor|bar|store|dealer|cash|alcohol|beer|wine|weed|ex|sugar|snacks"
        " / not|am not? safe tonight|alone|here|right|at|with &myself|thoughts|alone|scared -he|him|she|husband|"
        "boyfriend|neighborhood|house|ex|storm|driving|drive|bank|shelter|drinking"
        " / want|wants to dye $ -hair|shirt|eggs|wool / <want> dye so|tonight|fr|and|again ..2 -hair|shirt|purple|"
        "blue|eggs|wool|yarn|red|pink"
        " / dye ..3 mean die / passwords|accounts|papers|bills ..6 so ..7 deal|worry|struggle|find -manager|vault|"
        "server|team|admin|job|vacation|login|tax|landlord / do|doing something permanent !marker|makeup / <think> "
        "..1 sewer slide / sewer slide ..4 &i|me|my|think|want|again|tonight|thinking / ^ @fill? suicidal all|since|"
        "every|for|because|when -squad|wings|song|people|patients|kids"),
};
const struct safety_rule_table safety_rules_plan = {rules, COUNT_OF(rules)};
