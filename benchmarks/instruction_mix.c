/* instruction_mix.c - a plugin of QEMU: how often each instruction ran, and each branch jumped.
 *
 * Writes "address count" and "jump address count" lines, hexadecimal and decimal, to the file
 * given as path=FILE. The declarations are those of QEMU's qemu-plugin.h, version 1, which Debian
 * does not package.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { ADD_U64 = 0, NO_REGISTERS = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*call)(qemu_plugin_id_t,
                                                        struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
                                    void (*call)(qemu_plugin_id_t, void *), void *data);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
                                          void (*call)(unsigned int, void *), int flags,
                                          void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

/* A translated run of instructions, all executed each time. One address may have several. */
typedef struct block {
    struct block *next;
    uint64_t runs;
    uint64_t jumps; /* times that something else than END came after it */
    uint64_t first; /* address */
    uint64_t end;
    size_t count;
    uint64_t addresses[];
} block_t;

static block_t *blocks;
static block_t *last;
static const char *path;

static void execute(unsigned int cpu, void *data)
{
    block_t *const block = data;

    (void)cpu;
    block->runs++;
    if (last != NULL && last->end != block->first) {
        last->jumps++;
    }
    last = block;
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    const size_t count = qemu_plugin_tb_n_insns(tb);
    block_t *const block = calloc(1, sizeof(*block) + count * sizeof(block->addresses[0]));

    (void)id;
    if (block == NULL || count == 0) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        const struct qemu_plugin_insn *const insn = qemu_plugin_tb_get_insn(tb, i);

        block->addresses[i] = qemu_plugin_insn_vaddr(insn);
        block->end = block->addresses[i] + qemu_plugin_insn_size(insn);
    }
    block->first = block->addresses[0];
    block->count = count;
    block->next = blocks;
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, execute, NO_REGISTERS, block);
}

static void finish(qemu_plugin_id_t id, void *data)
{
    FILE *const file = fopen(path, "w");

    (void)id;
    (void)data;
    if (file == NULL) {
        perror(path);
        return;
    }
    for (const block_t *block = blocks; block != NULL; block = block->next) {
        for (size_t i = 0; i < block->count && block->runs > 0; i++) {
            fprintf(file, "%llx %llu\n", (unsigned long long)block->addresses[i],
                    (unsigned long long)block->runs);
        }
        if (block->jumps > 0) {
            fprintf(file, "jump %llx %llu\n",
                    (unsigned long long)block->addresses[block->count - 1],
                    (unsigned long long)block->jumps);
        }
    }
    fclose(file);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
                                                               const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    if (argc != 1 || strncmp(argv[0], "path=", 5) != 0) {
        return -1;
    }
    path = argv[0] + 5;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, finish, NULL);

    return 0;
}
