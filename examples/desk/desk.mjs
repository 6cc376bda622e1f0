// The desk itself: tickets, customers, refunds. It does what it is told and knows nothing of MCP, agents or policy —
// who may tell it what is decided elsewhere. Everything lives in memory, so a restart brings back data.json.
import { readFileSync } from 'node:fs';

export function openDesk(file = new URL('data.json', import.meta.url)) {
  const data = JSON.parse(readFileSync(file, 'utf8'));
  const tickets = byId(data.tickets.map((ticket) => ({ ...ticket, replies: [] })));
  const customers = byId(data.customers);
  const refunds = new Map();
  const grants = [];

  return {
    getTicket: (id) => find(tickets, id, 'ticket'),

    listTickets: (status) => [...tickets.values()].filter((ticket) => !status || ticket.status === status),

    getCustomer: (id) => find(customers, id, 'customer'),

    createRefund({ ticket: ticketId, customer: customerId, amount_usd, reason }) {
      const ticket = find(tickets, ticketId, 'ticket');
      const customer = find(customers, customerId, 'customer');
      if (ticket.customer !== customer.id) throw new Error(`Ticket ${ticket.id} is not from customer ${customer.id}`);
      const refund = {
        id: `R-${9001 + refunds.size}`,
        ticket: ticket.id,
        customer: customer.id,
        amount_usd,
        reason,
        status: 'paid',
      };
      refunds.set(refund.id, refund);
      customer.lifetime_refunds_usd = cents(customer.lifetime_refunds_usd + amount_usd);
      return refund;
    },

    /** Takes a refund back. Done twice, the second time changes nothing. */
    cancelRefund(id) {
      const refund = find(refunds, id, 'refund');
      if (refund.status === 'paid') {
        const customer = customers.get(refund.customer);
        customer.lifetime_refunds_usd = cents(customer.lifetime_refunds_usd - refund.amount_usd);
        refund.status = 'cancelled';
      }
      return refund;
    },

    grantAccess(user, role) {
      const grant = { user, role };
      grants.push(grant);
      return grant;
    },

    sendReply(id, text) {
      const ticket = find(tickets, id, 'ticket');
      ticket.replies.push(text);
      ticket.status = 'waiting';
      return { ticket: ticket.id, replies: ticket.replies.length };
    },
  };
}

const byId = (items) => new Map(items.map((item) => [item.id, item]));

const cents = (usd) => Math.round(usd * 100) / 100;

function find(items, id, kind) {
  const item = items.get(id);
  if (!item) throw new Error(`No ${kind} ${id}`);
  return item;
}
