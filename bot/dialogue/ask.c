/* SPDX-License-Identifier: MIT */
/* ask.c: how a question is put: in private, with its choices numbered, and with the reason when it
 * is put again. */
#include <errno.h>

#include "base/abi.h"
#include "base/die.h"
#include "dialogue/internal.h"

enum { OPTIONS_BYTES_MAX = 2048 };

struct dialogue_reader dialogue_turn_reader(const struct dialogue_turn *turn)
{
    return (struct dialogue_reader){
        .parts = &turn->dialogues->parts, .member = turn->member, .arena = turn->arena};
}

static int send(const struct dialogue_turn *turn, struct mooring_message *message)
{
    struct outbox *outbox = turn->dialogues->parts.outbox;
    struct outbox_item item = {.message = message,
                               .plugin = STR(""),
                               .taps_only = message->choice_count > 0,
                               .priority = turn->source ? OUTBOX_REPLY : OUTBOX_REMINDER};
    message->struct_size = sizeof *message;
    message->flags = MOORING_SAY_PRIVATE_ONLY;
    if (!turn->source)
        message->flags |= MOORING_SAY_URGENT; /* nobody looks at the chat just now */
    message->to = (struct mooring_to){.member = {turn->member}, .answers = {turn->source}};
    int r = outbox_enqueue(outbox, &item, NULL);
    if (r == -ESTALE && turn->source) {
        message->to.answers.id = 0;
        r = outbox_enqueue(outbox, &item, NULL);
    }
    return r;
}

int dialogue_turn_say(const struct dialogue_turn *turn, const char *msgid)
{
    struct mooring_message message = {.msgid = msgid};
    return send(turn, &message);
}

static int add_option(const struct dialogue_reader *reader, const struct mooring_step *step,
                      struct str choice, int number, struct buf *out)
{
    struct str label;
    int r = dialogue_read_label(reader, step, choice, &label);
    if (r == 0)
        buf_add_format(out, " (%d) %.*s", number, STR_ARG(label));
    return r;
}

/* " (1) hungry (2) angry".  Not the outbox's choices: those are commands, and a number typed later
 * than the next question would run one; here a number answers this question alone. */
static int add_options(const struct dialogue_reader *reader, const struct mooring_step *step,
                       struct buf *out)
{
    static const char *const yes_no[] = {"dialogue.yes", "dialogue.no"};
    struct str rest = str_of(step->kind == MOORING_ASK_CHOICES ? step->choices : NULL), choice;
    int number = 0, r = 0;
    while (r == 0 && number < DIALOGUE_CHOICES_MAX && str_split(&rest, '|', &choice))
        r = add_option(reader, step, choice, ++number, out);
    for (size_t i = 0; r == 0 && step->kind == MOORING_ASK_YES_NO && i < COUNT_OF(yes_no); i++) {
        struct str label;
        r = dialogue_reader_text(reader, yes_no[i], &label);
        if (r == 0)
            buf_add_format(out, " (%zu) %.*s", i + 1, STR_ARG(label));
    }
    return r < 0 ? r : out->failed;
}

static int64_t max_of(const struct mooring_step *step)
{
    return step->kind == MOORING_ASK_TEXT && step->max <= 0 ? DIALOGUE_TEXT_CHARACTERS : step->max;
}

struct taps {
    struct mooring_choice list[9];
    size_t count;
};

/* A tap on the question is its answer, as long as it is the one that is open: "= WHEN NUMBER". */
static int add_tap(const struct dialogue_turn *turn, struct taps *taps, struct str label,
                   int64_t at)
{
    AUTO_BUF command;
    buf_init(&command, 64);
    buf_add_format(&command, DIALOGUE_TAP "%lld %zu", (long long)at, taps->count + 1);
    char *msgid = arena_copy_text(turn->arena, label.ptr, label.len);
    struct str kept = str_keep(turn->arena, buf_str(&command));
    if (!msgid || !kept.ptr)
        return -ENOMEM;
    taps->list[taps->count++] = (struct mooring_choice){msgid, {0}, abi_lend(kept)};
    return 0;
}

/* As many as have a number's emoji; with more, the numbers are typed. */
static int list_taps(const struct dialogue_turn *turn, const struct mooring_step *step, int64_t at,
                     struct taps *taps)
{
    struct str rest = str_of(step->kind == MOORING_ASK_CHOICES ? step->choices : NULL), choice;
    int r = 0;
    while (r == 0 && str_split(&rest, '|', &choice)) {
        AUTO_BUF label;
        buf_init(&label, 256);
        buf_add_format(&label, "%s-%.*s", step->prompt_msgid, STR_ARG(choice));
        if (label.failed || taps->count == COUNT_OF(taps->list)) {
            taps->count = 0;
            return 0;
        }
        r = add_tap(turn, taps, buf_str(&label), at);
    }
    if (r == 0 && step->kind == MOORING_ASK_YES_NO)
        r = add_tap(turn, taps, STR("dialogue.yes"), at);
    return r == 0 && step->kind == MOORING_ASK_YES_NO ? add_tap(turn, taps, STR("dialogue.no"), at)
                                                      : r;
}

/* Said by the question itself, it is not said once more behind it. */
static int names_skip(const struct dialogue_reader *reader, const struct mooring_step *step,
                      bool *ret_names)
{
    struct str question, words, word;
    int r = dialogue_reader_text(reader, step->prompt_msgid, &question);
    if (r == 0)
        r = dialogue_reader_words(reader, "dialogue.words-skip", &words);
    if (r < 0)
        return r;
    *ret_names = str_split(&words, '|', &word) && str_find(question, word, 0) != SIZE_MAX;
    return 0;
}

static int say_question(const struct dialogue_turn *turn, const struct mooring_step *step,
                        const struct dialogue_reading *reason, int64_t expires_at, int64_t at)
{
    struct taps taps = {0};
    struct dialogue_reader reader = dialogue_turn_reader(turn);
    AUTO_BUF options;
    buf_init(&options, OPTIONS_BYTES_MAX);
    int r = add_options(&reader, step, &options);
    if (r == 0)
        r = list_taps(turn, step, at, &taps);
    bool named = false;
    if (r == 0 && reason)
        r = names_skip(&reader, step, &named);
    if (r < 0)
        return r;
    bool offers_skip = (step->flags & MOORING_STEP_SKIP) && !named;
    const struct mooring_arg args[] = {
        abi_msgid("question", str_of(step->prompt_msgid)),
        abi_text("options", buf_str(&options)),
        abi_text("skip", offers_skip ? STR("yes") : STR("no")),
        abi_int("min", step->min),
        abi_int("max", max_of(step)),
        abi_text("near", reason ? reason->near : (struct str){0}),
    };
    struct mooring_message message = {.msgid = step->prompt_msgid,
                                      .expires_at = expires_at,
                                      .choices = taps.list,
                                      .choice_count = taps.count};
    if (reason || options.len) {
        message.msgid = reason ? reason->reason : "dialogue.ask";
        message.args = args;
        message.arg_count = COUNT_OF(args);
    }
    return send(turn, &message);
}

/* Two questions within one millisecond are still one after the other. */
static int64_t asked_at(const struct dialogue_turn *turn)
{
    int64_t at = turn->now;
    for (size_t i = 0; i < turn->rows.count; i++)
        at = MAX_OF(at, turn->rows.items[i].asked_at + 1);
    return at;
}

int dialogue_turn_ask(const struct dialogue_turn *turn, struct store_dialogue *row,
                      const struct mooring_dialogue *dialogue, const struct dialogue_state *state,
                      const struct dialogue_reading *reason)
{
    int r = dialogue_state_encode(state, turn->arena, &row->state);
    int64_t at = asked_at(turn);
    if (r == 0)
        r = say_question(turn, &dialogue->steps[state->step], reason, row->expires_at, at);
    if (r < 0)
        return r;
    row->asked_at = at;
    r = store_dialogues_put(turn->dialogues->parts.store, row);
    DIE_AT(DIE_DIALOGUE_STEP);
    return r;
}
