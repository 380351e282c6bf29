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

static struct mooring_arg text_arg(const char *name, struct str text)
{
    return (struct mooring_arg){.name = name, .kind = MOORING_ARG_TEXT, .text = abi_lend(text)};
}

static struct mooring_arg int_arg(const char *name, int64_t number)
{
    return (struct mooring_arg){.name = name, .kind = MOORING_ARG_INT, .number = number};
}

static int64_t max_of(const struct mooring_step *step)
{
    return step->kind == MOORING_ASK_TEXT && step->max <= 0 ? DIALOGUE_TEXT_CHARACTERS : step->max;
}

static int say_question(const struct dialogue_turn *turn, const struct mooring_step *step,
                        const struct dialogue_reading *reason, int64_t expires_at)
{
    struct dialogue_reader reader = dialogue_turn_reader(turn);
    AUTO_BUF options;
    buf_init(&options, OPTIONS_BYTES_MAX);
    int r = add_options(&reader, step, &options);
    if (r < 0)
        return r;
    const struct mooring_arg args[] = {
        {.name = "question",
         .kind = MOORING_ARG_MSGID,
         .text = abi_lend(str_of(step->prompt_msgid))},
        text_arg("options", buf_str(&options)),
        text_arg("skip", step->flags & MOORING_STEP_SKIP ? STR("yes") : STR("no")),
        int_arg("min", step->min),
        int_arg("max", max_of(step)),
        text_arg("near", reason ? reason->near : (struct str){0}),
    };
    struct mooring_message message = {.msgid = step->prompt_msgid, .expires_at = expires_at};
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
    if (r == 0)
        r = say_question(turn, &dialogue->steps[state->step], reason, row->expires_at);
    if (r < 0)
        return r;
    row->asked_at = asked_at(turn);
    r = store_dialogues_put(turn->dialogues->parts.store, row);
    DIE_AT(DIE_DIALOGUE_STEP);
    return r;
}
