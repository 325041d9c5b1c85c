// Makes receiptline.hex: the same few lines as tests/unit/driver_receiptline.c, by the npm
// package receiptline (4.0.x), an independent generator of ESC/POS.
//
//   npm install receiptline && node tests/vectors/receiptline.js > tests/vectors/receiptline.hex
const receiptline = require('receiptline');
const doc = `^^^电费收据
客户编号|0499110002
户名|朱镕基 犇
|金额 1,234.50|
{code:102/0311-0007/010000000417;option:qrcode,4,M}
=`;
for (const command of ['escpos', 'generic']) {
    const out = receiptline.transform(doc, { cpl: 48, encoding: 'gb18030', command, cutting: true, spacing: false });
    console.log(Buffer.from(out, 'latin1').toString('hex'));
}
