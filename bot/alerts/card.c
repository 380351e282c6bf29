/* SPDX-License-Identifier: MIT */
/* card.c: the floor's answer: a card that is compiled in, in private where that works, else in the
 * room naming nobody. */
#include "alerts/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "observe/log.h"
#include "store/values.h"

/* Who is helped, and from where they spoke. */
struct card {
    struct alerts *alerts;
    const struct outbox_source *source; /* NULL: from a timer */
    uint64_t source_id, member;
    const struct group *group;
    enum safety_kind kind;
    int tier;
    int64_t again_ms; /* how soon the same card may be said again */
};

#define ALONE_CARD_MS (2 * CLOCK_MINUTE_MS)
#define MORE_CARD_MS  CLOCK_SECOND_MS /* not twice in one turn */

/* ---- not the same again ---------------------------------------------------------------------- */

static void card_key(enum card_kind kind, char out[32])
{
    (void)snprintf(out, 32, "alerts.card-%d", (int)kind);
}

/* Of a person without identity: where they speak from, hashed with the store's key. */
static uint64_t memory_key(const struct card *card, enum card_kind kind)
{
    struct store *store = card->alerts->parts.store;
    char name[48];
    (void)snprintf(name, sizeof name, "%d/%" PRIu64, (int)kind, card->member);
    struct str network = card->source ? card->source->network : STR("");
    uint64_t person = card->member;
    if (!person && card->source) { /* who comes over a bridge has a name, and no address */
        struct str user = card->source->user;
        person = store_name_id(store, STR("card"), network,
                               str_empty(user) ? card->source->display : user);
    }
    return store_name_id(store, STR("card"), str_of(name),
                         (struct str){(const char *)&person, sizeof person});
}

static int tier_in_memory(const struct card *card, uint64_t key)
{
    const struct alerts *alerts = card->alerts;
    int tier = 0;
    for (size_t i = 0; i < ALERTS_CARDS; i++)
        if (alerts->cards[i].key == key &&
            alerts_is_recent(alerts, alerts->cards[i].at, card->again_ms))
            tier = MAX_OF(tier, alerts->cards[i].tier);
    return tier;
}

/* The tier of the last such card that is too young to be said again; 0: none. */
static int last_tier(const struct card *card, enum card_kind kind)
{
    struct alerts *alerts = card->alerts;
    int tier = tier_in_memory(card, memory_key(card, kind));
    if (!card->member)
        return tier;
    char key[32];
    struct str value, word;
    int64_t stored = 0, at = 0;
    card_key(kind, key);
    if (store_values_get(alerts->parts.store, STR(""), MOORING_OWN_MEMBER, card->member,
                         str_of(key), &alerts->arena, &value) == 0 &&
        str_word(&value, &word) && number_parse(word, 0, 4, &stored) == 0 &&
        (number_parse(str_trim(value), 0, INT64_MAX, &at) < 0 ||
         alerts_is_recent(alerts, at, card->again_ms)))
        tier = MAX_OF(tier, (int)stored);
    return tier;
}

static void remember_in_memory(const struct card *card, enum card_kind kind)
{
    struct alerts *alerts = card->alerts;
    alerts->cards[alerts->next_card++ % ALERTS_CARDS] = (struct alerts_card_memory){
        memory_key(card, kind), card->tier, alerts_now(alerts),
        store_in_transaction(alerts->parts.store)};
}

/* Durable for members; a store that cannot be written leaves it to memory, and is never a reason
 * not to send. */
static void remember(const struct card *card, enum card_kind kind)
{
    struct alerts *alerts = card->alerts;
    char key[32], value[48];
    card_key(kind, key);
    (void)snprintf(value, sizeof value, "%d %" PRId64, card->tier, alerts_now(alerts));
    if (!card->member ||
        store_values_put(alerts->parts.store, STR(""), MOORING_OWN_MEMBER, card->member,
                         str_of(key), str_of(value), alerts_now(alerts) + ALERTS_CARD_MS) < 0)
        remember_in_memory(card, kind);
}

/* ---- sending --------------------------------------------------------------------------------- */

static struct str text_of(const struct card *card, enum card_kind kind)
{
    struct people *people = card->alerts->parts.people;
    struct arena *arena = &card->alerts->arena;
    struct str country = card->group ? card->group->country : STR("");
    struct str own;
    if (card->member && people_preference(people, card->member, STR("country"), arena, &own) == 0 &&
        !str_empty(own))
        country = own; /* numbers of where the person is */
    struct str language = card->group ? card->group->language : STR("en");
    if (card->member)
        language = people_language(people, card->member, card->group, arena);
    unsigned wording = (unsigned)(alerts_now(card->alerts) / CLOCK_SECOND_MS);
    return card_text(country, language, kind, wording);
}

static int send_text(const struct card *card, struct str text, struct mooring_to to, uint64_t flags,
                     const char *key)
{
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = flags | MOORING_SAY_CRISIS | MOORING_SAY_URGENT,
                                      .to = to,
                                      .msgid = key};
    struct outbox_item item = {.message = &message,
                               .plugin = STR(""),
                               .priority = OUTBOX_CRISIS,
                               .verbatim = text,
                               .names_nobody = !(flags & MOORING_SAY_PRIVATE_ONLY)};
    int r = outbox_enqueue(card->alerts->parts.outbox, &item, NULL);
    return r == -EEXIST ? 0 : r;
}

/* msgid only names the card, for the outbox's memory of what was said: the text is verbatim. */
static int send_private(const struct card *card, enum card_kind kind)
{
    struct mooring_to to = {.answers = {card->source ? card->source_id : 0},
                            .member = {card->member}};
    return send_text(card, text_of(card, kind), to, MOORING_SAY_PRIVATE_ONLY, "alerts.card");
}

static int send_room(const struct card *card, enum card_kind kind)
{
    if (!card->source || str_empty(card->source->room))
        return -ENOENT;
    struct mooring_to to = {.answers = {card->source_id}};
    return send_text(card, text_of(card, kind), to, 0, "alerts.card-room");
}

static int send_card(const struct card *card, enum card_kind kind)
{
    int r = send_private(card, kind);
    if (r == -ENOENT || r == -EACCES || r == -ENOBUFS)
        r = send_room(card, kind); /* no private way: the room, at once, naming nobody */
    else if (r == 0 && card->kind == SAFETY_OVERDOSE && card->tier >= 4 && card->source &&
             !str_empty(card->source->room))
        r = send_room(card, CARD_OVERDOSE); /* where others can act */
    return r;
}

static int give(struct card *card)
{
    struct alerts *alerts = card->alerts;
    enum card_kind which = card->kind == SAFETY_NONE ? CARD_CRISIS
                                                     : card_for(card->kind, card->tier);
    card->source = outbox_find_source(alerts->parts.outbox, card->source_id);
    arena_reset(&alerts->arena);
    if (card->tier <= last_tier(card, which))
        return 0;
    int r = send_card(card, which);
    if (r < 0)
        return r;
    remember(card, which);
    metric_add(alerts->carded, 1);
    return 1;
}

int alerts_card(struct alerts *alerts, uint64_t source, uint64_t member, const struct group *group,
                enum safety_kind kind, int tier)
{
    struct card card = {.alerts = alerts,
                        .source_id = source,
                        .member = member,
                        .group = group,
                        .kind = kind,
                        .tier = tier,
                        .again_ms = ALERTS_CARD_MS};
    return give(&card);
}

/* ---- the floor ------------------------------------------------------------------------------- */

/* Who was told, or until when nobody is awake: said in private only. */
static int say_who(struct alerts *alerts, const struct alerts_call *call,
                   const struct mooring_alert_status *status)
{
    struct mooring_arg args[] = {
        abi_member("on_call", status->on_call.id),
        abi_time("at", status->on_call_at),
    };
    const char *msgid = status->on_call.id       ? "alerts.told-on-call"
                        : status->on_call_at > 0 ? "alerts.told-nobody-until"
                                                 : "alerts.told-team";
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_CRISIS | MOORING_SAY_URGENT |
                                               MOORING_SAY_PRIVATE_ONLY,
                                      .to = {.member = {call->member}, .answers = {call->source}},
                                      .msgid = msgid,
                                      .args = args,
                                      .arg_count = 2};
    struct outbox_item item = {.message = &message, .plugin = STR(""), .priority = OUTBOX_CRISIS};
    int r = outbox_enqueue(alerts->parts.outbox, &item, NULL);
    return r == -EEXIST || r == -ENOENT || r == -EACCES ? 0 : r;
}

/* Other words than those of the alert that is open, as a plugin has raised them or not yet. */
static bool says_more(struct alerts *alerts, const struct alerts_call *call)
{
    struct store_alert alert;
    if (call->source && alerts->more_source == call->source)
        return true;
    arena_reset(&alerts->arena);
    return alerts_find_open(alerts, call, alerts_who_of(alerts, call), &alert) == 0 &&
           alerts_says_more(call, &alert);
}

/* Where nothing but the floor answers, a card is the only way to the numbers: the same line said
 * again within two minutes does without, a later one and other words never. */
static int give_alone(struct alerts *alerts, const struct alerts_call *call)
{
    struct card card = {.alerts = alerts,
                        .source_id = call->source,
                        .member = call->member,
                        .group = call->group,
                        .kind = call->verdict.kind,
                        .tier = call->verdict.tier,
                        .again_ms = says_more(alerts, call) ? MORE_CARD_MS : ALONE_CARD_MS};
    return give(&card);
}

static bool has_alert(struct alerts *alerts, uint64_t member)
{
    struct mooring_alert_status status;
    return member && alerts_status_of(alerts, member, &status) == 0;
}

/* The card first: if all that follows fails, the person has numbers.  Then the alert, which pages;
 * then who was told. */
int alerts_floor(struct alerts *alerts, const struct alerts_call *call, int answered)
{
    const struct safety_verdict *verdict = &call->verdict;
    if (verdict->tier < 2)
        return 0;
    if (answered > 0 && (verdict->tier < 3 || !call->member || has_alert(alerts, call->member)))
        return 0;
    int carded = 0;
    if (answered <= 0)
        carded = give_alone(alerts, call);
    if (carded < 0) /* a card that does not get out is one more reason to page */
        log_event(LOG_LEVEL_ERROR, "alert_card", LOG_ERRNO(carded));
    struct mooring_alert_status status;
    int r = alerts_raise(alerts, call, &status);
    if (r == 0 && answered <= 0) /* also where the card is not due again: no call meets silence */
        r = say_who(alerts, call, &status);
    return r < 0 ? r : carded < 0 ? carded : 0;
}

/* The network said that the person cannot be reached so (+g, +R, +D), or nobody knows: the room,
 * where they spoke, gets a card without a name.  Also when it expired unsent. */
void alerts_refused(struct alerts *alerts, const struct outbox_result *result)
{
    bool crisis_in_private = (result->flags & MOORING_SAY_CRISIS) &&
                             !str_empty(result->source_room);
    if (result->result == 0 || !crisis_in_private || result->source_room_id == 0)
        return;
    struct card card = {.alerts = alerts,
                        .member = result->member,
                        .group = alerts_group(alerts, result->group),
                        .kind = SAFETY_NONE,
                        .tier = 3};
    struct store_alert alert;
    arena_reset(&alerts->arena);
    if (result->member &&
        store_alerts_open_of(alerts->parts.store, result->member, &alerts->arena, &alert) == 0) {
        card.kind = (enum safety_kind)alert.kind;
        card.tier = alert.tier;
    }
    /* One card for all the lines that were refused; the room is the key, for the card names nobody.
     */
    struct card room = {.alerts = alerts, .member = result->source_room_id, .tier = card.tier};
    uint64_t key = memory_key(&room, CARD_KIND_COUNT);
    for (size_t i = 0; i < ALERTS_CARDS; i++)
        if (alerts->cards[i].key == key &&
            alerts_is_recent(alerts, alerts->cards[i].at, 10 * CLOCK_MINUTE_MS) &&
            alerts->cards[i].tier >= card.tier)
            return;
    enum card_kind which = card.kind == SAFETY_NONE ? CARD_CRISIS : card_for(card.kind, card.tier);
    card.member = 0; /* the group's language and country: the room reads it */
    struct mooring_to to = {.room = {result->source_room_id}};
    int r = send_text(&card, text_of(&card, which), to, 0, "alerts.card-room");
    if (r < 0)
        log_event(LOG_LEVEL_ERROR, "alert_card", LOG_ERRNO(r));
    else
        remember_in_memory(&room, CARD_KIND_COUNT);
}
