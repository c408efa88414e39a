// SPDX-License-Identifier: Apache-2.0
//
// The least that can be done: read each device once a second with libmodbus, publish one JSON message a device with
// libmosquitto (QoS 1). Nothing is stored, nothing is judged, one slow device would hold up all others. A yardstick for
// the cost of a reading, not a gateway.
//
// Usage: PlainLoop BROKER_PORT REGISTERS SECONDS PORT...

#include <modbus.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int write_message(char *text, size_t size, const uint16_t *words, int registers) {
    struct timespec now;
    struct tm civil;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &civil);
    int length = (int)strftime(text, size, "{\"ts\":\"%Y-%m-%dT%H:%M:%S", &civil);
    length += snprintf(text + length, size - length, ".%03ldZ\"", now.tv_nsec / 1000000);
    for (int i = 0; i < registers; i++)
        length += snprintf(text + length, size - length, ",\"r%d\":{\"v\":%.1f,\"u\":\"bar\",\"q\":\"good\"}", i, words[i] * 0.1);
    length += snprintf(text + length, size - length, "}");
    return length;
}

int main(int count, char **arguments) {
    if (count < 5) {
        fprintf(stderr, "usage: PlainLoop BROKER_PORT REGISTERS SECONDS PORT...\n");
        return 64;
    }
    int broker_port = atoi(arguments[1]), registers = atoi(arguments[2]), seconds = atoi(arguments[3]);
    int devices = count - 4;
    if (registers < 1 || registers > 125 || devices > 900) return 64;
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new("plain-loop", true, NULL);
    if (!client || mosquitto_connect(client, "127.0.0.1", broker_port, 30) || mosquitto_loop_start(client)) return 69;
    modbus_t **links = calloc((size_t)devices, sizeof *links);
    for (int d = 0; d < devices; d++) {
        links[d] = modbus_new_tcp("127.0.0.1", atoi(arguments[4 + d]));
        modbus_set_slave(links[d], 1);
        if (modbus_connect(links[d])) return 69;
    }
    size_t size = 64 + (size_t)registers * 64;
    char *text = malloc(size);
    uint16_t words[125];
    long readings = 0;
    struct timespec due;
    clock_gettime(CLOCK_MONOTONIC, &due);
    double before = cpu_seconds();
    for (int second = 0; second < seconds; second++) {
        for (int d = 0; d < devices; d++) {
            if (modbus_read_registers(links[d], 0, registers, words) != registers) continue;
            char topic[64];
            snprintf(topic, sizeof topic, "plain/load/area/asset-%d", d);
            int length = write_message(text, size, words, registers);
            mosquitto_publish(client, NULL, topic, length, text, 1, true);
            readings += registers;
        }
        due.tv_sec++;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    }
    double used = cpu_seconds() - before;
    printf("  readings                    %ld\n", readings);
    printf("  CPU a reading               %.2f us\n", readings ? used / readings * 1e6 : 0.0);
    return 0;
}
